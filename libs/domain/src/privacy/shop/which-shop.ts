import { and, eq, sql, type Column, type SQL } from 'drizzle-orm';
import { nullable, shopifyConnections, type Placeholders } from '@core/db';

/** The parameters that name a merchant's shop, or all of them: null. */
export const WHICH_SHOP = {
  merchantId: shopifyConnections.merchantId,
  shop: nullable(shopifyConnections.shop),
};
export type WhichShop = Placeholders<typeof WHICH_SHOP>;

/** A table's rows of the shop, or of all. */
export const ofWhichShop = (
  of: { readonly merchantId: Column; readonly shop: Column },
  p: WhichShop,
): SQL | undefined =>
  and(eq(of.merchantId, p.merchantId), sql`(${p.shop} is null or ${of.shop} = ${p.shop})`);
