import { type QueryCost, QueryTooExpensive, ShopifyTimeout, Throttled } from '../../answers/errors.ts';

/** Shopify's maximum. */
export const MAX_PAGE_SIZE = 250;
const LEAST = 10;
/** Successful pages in a row before a size that failed is tried again. */
const GROWS_AFTER = 20;
/** A page that costs more than this share of a full bucket leaves nothing for other clients. */
const SHARE_OF_BUCKET = 0.5;
/** Maximum number of shops in memory. A forgotten shop starts with the maximum size again. */
const MAX_SHOPS = 1_000;

interface Learned {
  size: number;
  timeouts: number;
  good: number;
}

/** The page size for each shop. Each process determines it separately: a wrong guess costs only one page. */
export interface PageSizes {
  of(shop: string): number;
  /** @param cost the cost of a page of that size */
  passed(shop: string, cost: QueryCost | null): void;
  failed(shop: string, error: unknown): void;
}

export function createPageSizes(): PageSizes {
  const shops = new Map<string, Learned>();
  const learn = (shop: string, change: (known: Learned) => Partial<Learned>) => {
    const known = shops.get(shop) ?? { size: MAX_PAGE_SIZE, timeouts: 0, good: 0 };
    shops.delete(shop); // reinsert at the end: the first entry is the least recently used
    shops.set(shop, { ...known, ...change(known) });
    for (const oldest of shops.keys()) {
      if (shops.size <= MAX_SHOPS) break;
      shops.delete(oldest);
    }
  };
  const half = ({ size }: Learned) => ({ size: Math.max(LEAST, Math.floor(size / 2)), timeouts: 0, good: 0 });

  return {
    of: (shop) => shops.get(shop)?.size ?? MAX_PAGE_SIZE,
    passed(shop, cost) {
      learn(shop, (known) => {
        if (cost && cost.requested > cost.maximum * SHARE_OF_BUCKET) return half(known);
        const good = known.good + 1;
        // Doubling the size raises the cost by at most half: the cost grows with the logarithm of the size.
        const fits = !cost || cost.requested * 1.5 <= cost.maximum * SHARE_OF_BUCKET;
        if (known.size === MAX_PAGE_SIZE || good < GROWS_AFTER || !fits) return { timeouts: 0, good };
        return { size: Math.min(MAX_PAGE_SIZE, known.size * 2), timeouts: 0, good: 0 };
      });
    },
    failed(shop, error) {
      if (error instanceof ShopifyTimeout) {
        // One timeout may be the network's fault; two in a row are the page's.
        learn(shop, (known) => (known.timeouts > 0 ? half(known) : { timeouts: 1, good: 0 }));
      }
      const never = error instanceof Throttled && error.cost.requested > error.cost.maximum;
      if (error instanceof QueryTooExpensive || never) learn(shop, half);
    },
  };
}
