import type { QueryCost } from '../answers/errors.ts';
import { INITIAL_BUCKETS, type Api } from './limiter-figures.ts';

export type Tier = 'unknown' | 'standard' | 'advanced' | 'plus' | 'enterprise';

/** Minimum ratio of a plan's restore rate to the standard plan's. The ratio is the same in both APIs. */
const TIERS: [from: number, Tier][] = [
  [20, 'enterprise'],
  [10, 'plus'],
  [2, 'advanced'],
];
/** Maximum number of shops in the cache. An evicted shop is unknown until its next reply. */
const MAX_SHOPS = 10_000;

/** Caches the plan of each shop, derived from its replies. Used for metrics, whose labels cannot be shops. */
export interface PlanTierCache {
  learn(shop: string, api: Api, cost: QueryCost): void;
  of(shop: string): Tier;
}

export function createPlanTierCache(): PlanTierCache {
  const shops = new Map<string, Tier>();
  return {
    learn(shop, api, { restoreRate }) {
      const times = restoreRate / INITIAL_BUCKETS[api].restoreRate;
      shops.delete(shop); // reinsert at the end: the first entry is the least recently used
      shops.set(shop, TIERS.find(([from]) => times >= from)?.[1] ?? 'standard');
      const [oldest] = shops.keys();
      if (shops.size > MAX_SHOPS && oldest !== undefined) shops.delete(oldest);
    },
    of: (shop) => shops.get(shop) ?? 'unknown',
  };
}
