/**
 * An instant as Shopify writes it: ISO 8601 in UTC, without a fraction where there is none. The same customer must read
 * the same from every source, or each would find the other's words new.
 * @param ms since the epoch
 */
export const shopifyTime = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
