/**
 * Shopify's RFM groups, in the order of its documentation. Source:
 * shopify.dev/docs/api/admin-graphql/latest/enums/CustomerRfmGroup (2025-04 to 2026-10).
 */
export const SHOPIFY_RFM_GROUPS = [
  'ACTIVE',
  'ALMOST_LOST',
  'AT_RISK',
  'CHAMPIONS',
  'DORMANT',
  'LOYAL',
  'NEEDS_ATTENTION',
  'NEW',
  'PREVIOUSLY_LOYAL',
  'PROMISING',
  'PROSPECTS',
] as const;
export type ShopifyRfmGroup = (typeof SHOPIFY_RFM_GROUPS)[number];

/** Returns undefined for any other value, such as a group that a later API version adds. */
export const readShopifyRfmGroup = (value: unknown): ShopifyRfmGroup | undefined =>
  SHOPIFY_RFM_GROUPS.find((group) => group === value);
