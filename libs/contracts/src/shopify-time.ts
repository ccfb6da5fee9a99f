import { readTime } from './inbound/instant.ts';

/**
 * A time that Shopify gives, in a webhook as in a page of an import, by the rule of all doors: never another day, as
 * Date.parse makes one of February 30, and none of a text that only holds a date somewhere.
 * @returns undefined for what is no time of the years 1 to 9999
 */
export function readShopifyTime(value: unknown): Date | undefined {
  const instant = typeof value === 'string' ? readTime(value) : undefined;
  return instant === undefined ? undefined : new Date(instant);
}

/**
 * An instant as Shopify writes it: ISO 8601 in UTC, without a fraction where there is none. The same customer must read
 * the same from every source, or each would find the other's words new.
 * @param ms since the epoch
 */
export const shopifyTime = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
