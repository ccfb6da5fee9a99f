import { invalid } from '@core/runtime';

/** The only hosts that a token is ever sent to. */
export const SHOP_DOMAIN = /^[a-z0-9][a-z0-9-]{0,59}\.myshopify\.com$/;

/**
 * A shop's name as it is stored: names of hosts are compared without case.
 * @throws CoreError invalid_argument
 */
export function shopDomain(shop: string): string {
  const domain = shop.trim().toLowerCase();
  if (!SHOP_DOMAIN.test(domain)) throw invalid('shop', 'must read like example.myshopify.com');
  return domain;
}
