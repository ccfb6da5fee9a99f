import { type Api, type Outcome, parseCallLimit } from '@core/shopify';
import type { VirtualClock } from './virtual-clock.ts';

export interface Bucket {
  maximum: number;
  /** Restored per second. */
  rate: number;
}

export type StrictShop = ReturnType<typeof createStrictShop>;

const RETRY_AFTER_MS = 2_000;

/**
 * Simulates one Shopify bucket with exact arithmetic, and records all arrivals. Requests arrive after 1 to 20
 * ms, one in fifty 100 ms later. Replies take 101 to 170 ms, one in fifty a second longer, so they overtake
 * each other.
 */
export function createStrictShop(options: {
  clock: VirtualClock;
  random: () => number;
  api: Api;
  bucket: Bucket;
  /** The share of its requested points that is refunded to a GraphQL query. */
  refund?: number;
}) {
  const { clock, random, api, refund = 0 } = options;
  let { bucket } = options;
  let available = bucket.maximum;
  let at = clock.now();
  let storming = false;
  const throttledAt: number[] = [];
  const arrivals: number[] = [];
  const counts = { served: 0, refused: 0, impatient: 0, stormed: 0, lost: 0 };
  const between = (low: number, high: number) => low + random() * (high - low);

  const restore = () => {
    available = Math.min(bucket.maximum, available + ((clock.now() - at) * bucket.rate) / 1000);
    at = clock.now();
  };
  const take = (points: number): boolean => {
    restore();
    if (points > available) return false;
    available -= points;
    return true;
  };
  const figures = (requested: number): Outcome['cost'] => {
    const { maximum, rate } = bucket;
    if (api === 'graphql')
      return { requested, available: Math.max(0, Math.floor(available)), maximum, restoreRate: rate };
    const used = Math.min(maximum, Math.ceil(maximum - available));
    return parseCallLimit(`${used}/${maximum}`);
  };

  return {
    api,
    arrivals,
    counts,
    /** A request of another client. */
    take,
    shrink(next: Bucket) {
      restore();
      // The contents stay: the bucket may be overfull now.
      available -= bucket.maximum - next.maximum;
      bucket = next;
    },
    storm(on: boolean) {
      storming = on;
    },
    /**
     * Sends one request, from its grant to its reply. Returns null when the reply was lost after the request
     * arrived.
     */
    async request(points: number, { lost = false } = {}): Promise<Outcome | null> {
      const sent = clock.now();
      await clock.sleep(between(1, 20) + (random() < 0.02 ? 100 : 0));
      arrivals.push(clock.now());
      if (lost) counts.lost += 1;
      // A request sent before the Retry-After was received cannot be recalled.
      if (throttledAt.some((time) => sent > time && sent < time + RETRY_AFTER_MS)) counts.impatient += 1;
      const fits = !storming && take(points);
      if (fits) {
        counts.served += 1;
        available += refund * points;
      } else if (storming) counts.stormed += 1;
      else counts.refused += 1;
      const cost = storming ? null : figures(points);
      await clock.sleep(between(101, 170) + (random() < 0.02 ? 1_000 : 0));
      if (lost) return null;
      if (fits) return { cost };
      throttledAt.push(Math.floor(clock.now())); // in the precision of the limiter's clock
      return { cost, retryAfterMs: RETRY_AFTER_MS };
    },
  };
}

/** Returns the maximum number of arrivals within any second, computed backwards from each arrival. */
export function maxPerSecond(arrivals: readonly number[]): number {
  const times = [...arrivals].sort((a, b) => a - b);
  let first = 0;
  let worst = 0;
  for (const [i, time] of times.entries()) {
    while ((times[first] ?? time) <= time - 1_000) first += 1;
    worst = Math.max(worst, i + 1 - first);
  }
  return worst;
}
