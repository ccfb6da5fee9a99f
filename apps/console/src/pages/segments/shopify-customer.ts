/** The identity of a customer in Shopify. */
export interface ShopifyCustomer {
  /** The number in the address of Shopify's admin. */
  number: string;
  /** The customer's page in the admin; undefined when the shop is not certain. */
  url: string | undefined;
}

const GID = /^gid:\/\/shopify\/Customer\/(\d{1,20})$/;
const SHOP = /^[a-z0-9][a-z0-9-]{0,99}\.myshopify\.com$/;

/**
 * Returns undefined for the id of another system. The address consists of a checked domain and digits alone.
 * @param shops all shops of the merchant: a customer's own is known only if there is one
 */
export function shopifyCustomerOf(
  externalId: string | undefined,
  shops: readonly { shop: string }[],
): ShopifyCustomer | undefined {
  const number = GID.exec(externalId ?? '')?.[1];
  if (number === undefined) return undefined;
  const [shop, ...others] = shops.map((each) => each.shop);
  const certain = shop !== undefined && others.length === 0 && SHOP.test(shop);
  return { number, url: certain ? `https://${shop}/admin/customers/${number}` : undefined };
}
