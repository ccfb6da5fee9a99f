/** The id of a privacy request of Shopify's: as its number is Shopify's, it is not unique among our own callers'. */
export const shopifyRequestId = (number: string): string => `shopify:${number}`;
