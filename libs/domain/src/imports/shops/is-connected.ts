import { build, ONE, shopifyConnections, statement, type Reader } from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

const FIND = statement({
  params: SHOP,
  row: ONE,
  text: (p, row) => build.select(row).from(shopifyConnections).where(ofShop(shopifyConnections, p)),
});

/** Whether the merchant has the shop connected, proven or not. */
export const isConnected = async (reader: Reader, shop: ShopConnection): Promise<boolean> =>
  (await reader.run(FIND, shop)).length > 0;
