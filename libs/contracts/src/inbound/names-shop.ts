import type { JsonFields } from '../json-fields.ts';
import { givesAny } from './names-person.ts';

/** Fields that name a shop or a merchant, by their letters alone. */
const OF_A_SHOP = [
  ...['shop', 'shops', 'shopid', 'shopids', 'shopname', 'shopurl', 'shopdomain', 'shopdomains', 'shopgid'],
  ...['shopifyshopid', 'shopifyshopdomain', 'shopifydomain', 'xshopifyshopid', 'xshopifyshopdomain'],
  ...['myshopifydomain', 'domain', 'store', 'storeid', 'storedomain'],
  ...['merchant', 'merchants', 'merchantid', 'merchantids'],
];

/** Those that are read. */
const READ = ['merchant_id', 'shop_domain', 'shop', 'shop_id'];
export const FIELDS_OF_A_SHOP = READ.join(', ');

/**
 * Whether a body names a shop or a merchant in a field that is not read: ShopId, shop-id, myshopify_domain. Whoever erases a
 * whole shop must not pass over one that is another.
 */
export const namesShopElsewhere = (body: JsonFields): boolean => givesAny(body, OF_A_SHOP, READ);
