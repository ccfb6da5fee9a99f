import { LRUCache } from 'lru-cache';
import { COSTS, type Cost, type Limit, type Quota } from './quota.ts';

/**
 * Maximum number of remembered holders, about 300 bytes each; a forgotten holder has its whole quota again.
 */
const MAX_HOLDERS = 10_000;
/** The burst that an idle holder may spend at once: the calls that its rate permits in this time. */
const BURST_MS = 1_000;
/** Sums of fractions have rounding errors; a call that is on time must not be refused because of them. */
const ROUNDING_MS = 0.001;
/** Wait until a slot becomes free: a call ends in milliseconds; a stream lasts longer. */
const RETRY_IN_FLIGHT_MS = 100;
const RETRY_STREAMS_MS = 5_000;

/** The load of one call. */
export interface Load {
  readonly cost: Cost;
  readonly kind: 'unary' | 'stream';
}

/** One holder of a quota, and its current usage. */
export interface Meter {
  readonly key: string;
  in_flight: number;
  streams: number;
  /**
   * For each cost, the time at which the counted calls would end at the quota's rate, on the meters' clock.
   */
  readonly due: Record<Cost, number>;
}

export interface Refused {
  readonly limit: Limit;
  readonly retryMs: number;
}

export interface Meters {
  /**
   * Acquires a slot and counts one call; `leave` returns the slot.
   * @returns the meter, or why there is no slot
   */
  enter(key: string, load: Load): Meter | Refused;
  /** Counts further calls without a check: the cost of a call may be known only after its request is read. */
  charge(meter: Meter, cost: Cost, calls: number): void;
  leave(meter: Meter, load: Load): void;
}

const byCost = (value: (cost: Cost) => number): Record<Cost, number> =>
  Object.fromEntries(COSTS.map((cost) => [cost, value(cost)])) as Record<Cost, number>;

export const isRefused = (outcome: Meter | Refused): outcome is Refused => 'limit' in outcome;

/**
 * Counts holders against one quota. Each rate is a leaky bucket that one number for each cost represents
 * (GCRA): there is no timer and no refill, and an idle holder costs nothing.
 * @param now monotonic milliseconds
 */
export function createMeters(quota: Quota, now: () => number = () => performance.now()): Meters {
  const spacing = byCost((cost) => 1_000 / quota[cost]);
  const burst = byCost((cost) => Math.max(BURST_MS, spacing[cost]));
  /** Forgotten holders with calls in flight: their slots count until they are returned. */
  const busy = new Map<string, Meter>();
  const known = new LRUCache<string, Meter>({
    max: MAX_HOLDERS,
    dispose: (meter, key, reason) => {
      if (reason === 'evict' && meter.in_flight + meter.streams > 0) busy.set(key, meter);
    },
  });

  const meterOf = (key: string): Meter => {
    const found = known.get(key);
    if (found) return found;
    const meter = busy.get(key) ?? { key, in_flight: 0, streams: 0, due: byCost(() => 0) };
    busy.delete(key);
    known.set(key, meter);
    return meter;
  };

  return {
    enter(key, { cost, kind }) {
      const meter = meterOf(key);
      const limit = kind === 'stream' ? 'streams' : 'in_flight';
      if (meter[limit] >= quota[limit]) {
        return { limit, retryMs: kind === 'stream' ? RETRY_STREAMS_MS : RETRY_IN_FLIGHT_MS };
      }
      const at = now();
      const due = Math.max(meter.due[cost], at) + spacing[cost];
      const early = due - at - burst[cost];
      if (early > ROUNDING_MS) return { limit: cost, retryMs: early };
      meter.due[cost] = due;
      meter[limit]++;
      return meter;
    },
    charge(meter, cost, calls) {
      meter.due[cost] = Math.max(meter.due[cost], now()) + calls * spacing[cost];
    },
    leave(meter, { kind }) {
      meter[kind === 'stream' ? 'streams' : 'in_flight']--;
      if (busy.size > 0 && meter.in_flight + meter.streams === 0 && busy.get(meter.key) === meter) {
        busy.delete(meter.key);
      }
    },
  };
}
