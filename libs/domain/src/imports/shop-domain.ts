import { SHOP_DOMAIN } from '@core/contracts';
import { invalid } from '@core/runtime';

// The maximum length of a host name: checked before a text of any length is copied and searched.
const LONGEST = 253;

/**
 * A shop's name as it is stored: names of hosts are compared without case.
 * @throws CoreError invalid_argument
 */
export function shopDomain(shop: string, field = 'shop'): string {
  const domain = shop.length > LONGEST ? '' : shop.trim().toLowerCase();
  if (!SHOP_DOMAIN.test(domain)) throw invalid(field, 'must read like example.myshopify.com');
  return domain;
}
