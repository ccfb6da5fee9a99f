import { build, shopifyConnections, statement, type Tx } from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

const STORE = statement({
  params: { ...SHOP, timeZone: shopifyConnections.timeZone },
  text: ({ timeZone, ...shop }) =>
    build.update(shopifyConnections).set({ timeZone }).where(ofShop(shopifyConnections, shop)),
});

/**
 * Stores the time zone that a connected shop reports: it may have changed, and was not asked for at first.
 * Schedules keep the zone that was set with them.
 */
export async function storeTimeZone(
  tx: Tx,
  { timeZone, ...shop }: ShopConnection & { timeZone: string },
): Promise<void> {
  await tx.run(STORE, { ...shop, timeZone });
}
