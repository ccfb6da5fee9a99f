import type { QueryCost } from './errors.ts';

/**
 * On every plan a bucket holds what it restores in this many seconds. REST reports only the bucket's size.
 */
const BUCKET_SECONDS = 20;

/**
 * Parses the REST bucket from X-Shopify-Shop-Api-Call-Limit ("used/bucket"). Returns null for an unreadable
 * header.
 * Source: shopify.dev/docs/api/admin-rest/usage/rate-limits.
 */
export function parseCallLimit(header: string | null): QueryCost | null {
  const [, used, bucket] = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(header ?? '') ?? [];
  const maximum = Number(bucket);
  if (!(maximum > 0)) return null;
  const available = Math.max(0, maximum - Number(used));
  return { requested: 1, available, maximum, restoreRate: maximum / BUCKET_SECONDS };
}
