import type { QueryCost } from '../answers/errors.ts';
import { FIRST_GUESS, type Api } from './limiter-figures.ts';

export type Tier = 'unknown' | 'standard' | 'advanced' | 'plus' | 'enterprise';

/** By how many times what the standard plan restores, in either API. */
const TIERS: [from: number, Tier][] = [
  [20, 'enterprise'],
  [10, 'plus'],
  [2, 'advanced'],
];
/** Shops remembered; one forgotten is unknown until its next reply. */
const MOST_SHOPS = 10_000;

/** The plan of each shop, as its replies show: for metrics, whose labels cannot be shops. */
export interface Tiers {
  learn(shop: string, api: Api, cost: QueryCost): void;
  of(shop: string): Tier;
}

export function createTiers(): Tiers {
  const shops = new Map<string, Tier>();
  return {
    learn(shop, api, { restoreRate }) {
      const times = restoreRate / FIRST_GUESS[api].restoreRate;
      shops.delete(shop); // to the end: the first one is the longest unused
      shops.set(shop, TIERS.find(([from]) => times >= from)?.[1] ?? 'standard');
      const [oldest] = shops.keys();
      if (shops.size > MOST_SHOPS && oldest !== undefined) shops.delete(oldest);
    },
    of: (shop) => shops.get(shop) ?? 'unknown',
  };
}
