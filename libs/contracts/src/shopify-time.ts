import { readTime } from './inbound/instant.ts';

/**
 * Reads a time from Shopify, in webhooks and in import pages, by the rule for all entry points. Unlike
 * Date.parse, it does not turn February 30 into another day, and refuses text that merely contains a date.
 * @returns undefined for a value that is not a time in the years 1 to 9999
 */
export function readShopifyTime(value: unknown): Date | undefined {
  const instant = typeof value === 'string' ? readTime(value) : undefined;
  return instant === undefined ? undefined : new Date(instant);
}

/**
 * Formats an instant as Shopify writes it: ISO 8601 in UTC, without a zero fraction. The same customer must
 * read the same from every source. Otherwise each source would treat the other's values as changes.
 * @param ms milliseconds since the epoch
 */
export const shopifyTime = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
