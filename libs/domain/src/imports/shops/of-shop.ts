import { and, eq, type Column, type SQL } from 'drizzle-orm';
import { shopifyConnections, type Placeholders } from '@core/db';

/** The parameters that name a merchant's shop. */
export const SHOP = { merchantId: shopifyConnections.merchantId, shop: shopifyConnections.shop };

/** The condition for a table's rows of that shop. @param of the table, or an alias of it */
export const ofShop = (
  of: { readonly merchantId: Column; readonly shop: Column },
  p: Placeholders<typeof SHOP>,
): SQL | undefined => and(eq(of.merchantId, p.merchantId), eq(of.shop, p.shop));
