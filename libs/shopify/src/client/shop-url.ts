import { SHOP_DOMAIN } from '@core/contracts';
import { ShopifyRejected } from '../answers/errors.ts';

/**
 * Returns an address at a shop.
 * @param baseUrl contains the placeholder {shop}, such as https://{shop}
 * @throws ShopifyRejected
 */
export function shopUrl(baseUrl: string, shop: string, path: string): string {
  requireShop(shop);
  return `${baseUrl.replaceAll('{shop}', shop).replace(/\/$/, '')}${path}`;
}

/**
 * Refuses any other name, directly before it becomes a part of an address: `evil.example/x.myshopify.com`
 * would lead secrets and merchants to another host.
 * @throws ShopifyRejected
 */
export function requireShop(shop: string): void {
  if (!SHOP_DOMAIN.test(shop)) throw new ShopifyRejected('The shop must be a *.myshopify.com domain.');
}
