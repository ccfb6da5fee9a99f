import type { JsonFields } from '../json-fields.ts';
import { hasAnyField } from './names-person.ts';

/** Names of fields that identify a shop or a merchant, reduced to lowercase letters. */
const OF_A_SHOP = [
  ...['shop', 'shops', 'shopid', 'shopids', 'shopname', 'shopurl', 'shopdomain', 'shopdomains', 'shopgid'],
  ...['shopifyshopid', 'shopifyshopdomain', 'shopifydomain', 'xshopifyshopid', 'xshopifyshopdomain'],
  ...['myshopifydomain', 'domain', 'store', 'storeid', 'storedomain'],
  ...['merchant', 'merchants', 'merchantid', 'merchantids'],
];

/** The fields that are read. */
const READ = ['merchant_id', 'shop_domain', 'shop', 'shop_id'];
export const FIELDS_OF_A_SHOP = READ.join(', ');

/**
 * Returns whether a body names a shop or a merchant in a field that is not read: ShopId, shop-id,
 * myshopify_domain. Such a field may name another shop, so the erasure of a whole shop must not ignore it.
 */
export const namesShopInUnreadField = (body: JsonFields): boolean => hasAnyField(body, OF_A_SHOP, READ);
