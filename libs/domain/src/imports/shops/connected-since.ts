import { build, shopifyConnections, statement, type Reader } from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

const FIND = statement({
  params: SHOP,
  row: { since: shopifyConnections.createdAt },
  text: (p, row) => build.select(row).from(shopifyConnections).where(ofShop(shopifyConnections, p)),
});

/**
 * Returns when the merchant connected the shop; null: it is not connected. New tokens of the same connection
 * do not change it, so it tells a connection from a later one.
 */
export const connectedSince = async (reader: Reader, shop: ShopConnection): Promise<Date | null> =>
  (await reader.run(FIND, shop))[0]?.since ?? null;
