import { SHOP_DOMAIN } from '@core/contracts';
import { invalid } from '@core/runtime';

/**
 * A shop's name as it is stored: names of hosts are compared without case.
 * @throws CoreError invalid_argument
 */
export function shopDomain(shop: string): string {
  const domain = shop.trim().toLowerCase();
  if (!SHOP_DOMAIN.test(domain)) throw invalid('shop', 'must read like example.myshopify.com');
  return domain;
}
