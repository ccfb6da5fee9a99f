/**
 * Returns the id of a privacy request from Shopify. The prefix is needed because Shopify's numbers are not
 * unique among the ids of our own callers.
 */
export const shopifyRequestId = (number: string): string => `shopify:${number}`;
