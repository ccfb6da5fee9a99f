/** gid://shopify/Customer/7: a customer of Shopify, as an external id. */
export const gidOf = (id: number): string => `gid://shopify/Customer/${id}`;

/** The number in gid://shopify/Customer/7; null for an id of another source. */
export const shopifyNumber = (externalId: string): string | null =>
  /^gid:\/\/shopify\/Customer\/(\d{1,18})$/.exec(externalId)?.[1] ?? null;
