import { LRUCache } from 'lru-cache';
import { COSTS, type Cost, type Limit, type Quota } from './quota.ts';

/** So many holders are remembered, about 300 bytes each; one that is forgotten has its whole quota again. */
const MOST_HOLDERS = 10_000;
/** A holder that has been quiet may spend so much of its rate at once. */
const BURST_MS = 1_000;
/** Sums of fractions are a little off; a call that is on time is not to be refused for that. */
const ROUNDING_MS = 0.001;
/** A place becomes free when a call ends, which takes milliseconds; streams last. */
const RETRY_IN_FLIGHT_MS = 100;
const RETRY_STREAMS_MS = 5_000;

/** What a call takes up. */
export interface Load {
  readonly cost: Cost;
  readonly kind: 'unary' | 'stream';
}

/** One holder of a quota, and what it uses of it. */
export interface Meter {
  readonly key: string;
  in_flight: number;
  streams: number;
  /** For each cost, when the calls so far would have ended at the quota's rate: milliseconds of the meters' clock. */
  readonly due: Record<Cost, number>;
}

export interface Refused {
  readonly limit: Limit;
  readonly retryMs: number;
}

export interface Meters {
  /** Takes a place and counts one call; undone by `leave`. @returns the meter, or why there is no place */
  enter(key: string, load: Load): Meter | Refused;
  /** Counts more calls than the one, without asking: what a call costs may be known only once it is read. */
  charge(meter: Meter, cost: Cost, calls: number): void;
  leave(meter: Meter, load: Load): void;
}

const byCost = (value: (cost: Cost) => number): Record<Cost, number> =>
  Object.fromEntries(COSTS.map((cost) => [cost, value(cost)])) as Record<Cost, number>;

export const isRefused = (outcome: Meter | Refused): outcome is Refused => 'limit' in outcome;

/**
 * Counts holders against one quota. Rates are kept by one number for each cost (GCRA): there is no timer, nothing is
 * refilled, and a holder that is idle costs nothing.
 * @param now milliseconds, only ever rising
 */
export function createMeters(quota: Quota, now: () => number = () => performance.now()): Meters {
  const spacing = byCost((cost) => 1_000 / quota[cost]);
  const burst = byCost((cost) => Math.max(BURST_MS, spacing[cost]));
  /** Those with calls under way that were forgotten: their places count until they are given back. */
  const busy = new Map<string, Meter>();
  const known = new LRUCache<string, Meter>({
    max: MOST_HOLDERS,
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
      const place = kind === 'stream' ? 'streams' : 'in_flight';
      if (meter[place] >= quota[place]) {
        return { limit: place, retryMs: kind === 'stream' ? RETRY_STREAMS_MS : RETRY_IN_FLIGHT_MS };
      }
      const at = now();
      const due = Math.max(meter.due[cost], at) + spacing[cost];
      const early = due - at - burst[cost];
      if (early > ROUNDING_MS) return { limit: cost, retryMs: early };
      meter.due[cost] = due;
      meter[place]++;
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
