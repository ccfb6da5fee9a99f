import { SHOP_DOMAIN } from '@core/contracts';
import { invalid } from '@core/runtime';

// The maximum length of a host name. Checked first, so that text of any length is not copied and searched.
const LONGEST = 253;

/**
 * Returns a shop's domain in the form in which it is stored: in lower case, because host names ignore case.
 * @throws CoreError invalid_argument
 */
export function shopDomain(shop: string, field = 'shop'): string {
  const domain = shop.length > LONGEST ? '' : shop.trim().toLowerCase();
  if (!SHOP_DOMAIN.test(domain)) throw invalid(field, 'must be a shop domain such as example.myshopify.com');
  return domain;
}
