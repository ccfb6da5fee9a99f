import { and, eq, sql, type Column, type SQL } from 'drizzle-orm';
import { nullable, shopifyConnections, type Placeholders } from '@core/db';

/** The parameters that name a merchant's shop, or all of its shops: null. */
export const SHOP_OR_ALL = {
  merchantId: shopifyConnections.merchantId,
  shop: nullable(shopifyConnections.shop),
};
export type ShopFilter = Placeholders<typeof SHOP_OR_ALL>;

/** The condition for a table's rows of the shop, or of all shops. */
export const matchesShop = (
  of: { readonly merchantId: Column; readonly shop: Column },
  p: ShopFilter,
): SQL | undefined =>
  and(eq(of.merchantId, p.merchantId), sql`(${p.shop} is null or ${of.shop} = ${p.shop})`);
