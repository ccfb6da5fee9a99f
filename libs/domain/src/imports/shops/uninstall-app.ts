import { sql } from 'drizzle-orm';
import { build, shopDirectory, statement, type Actor, type Tx } from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { addUninstall, isLater, lockInstallation } from './app-installation.ts';
import { endConnection } from './end-connection.ts';
import { ofShop, SHOP } from './of-shop.ts';

export interface UninstallApp extends ShopConnection {
  shopId: string;
  /** When Shopify triggered the webhook. */
  at: Date;
}

const FIND_PROOF = statement({
  params: SHOP,
  row: { provenAt: shopDirectory.provenAt },
  text: (p, row) => build.select(row).from(shopDirectory).where(ofShop(shopDirectory, p)),
});

const COUNT_UP = statement({
  params: SHOP,
  text: (p) =>
    build
      .update(shopDirectory)
      .set({ generation: sql`${shopDirectory.generation} + 1` })
      .where(ofShop(shopDirectory, p)),
});

/**
 * Records that a merchant's shop has uninstalled the app, and ends the connection unless the app has been
 * installed again since.
 * @returns whether the connection was ended
 */
export async function uninstallApp(
  tx: Tx,
  ctx: Actor,
  { merchantId, shop, shopId, at }: UninstallApp,
): Promise<boolean> {
  await lockInstallation(tx, { shopId });
  const isNew = await addUninstall(tx, { shopId, at });
  const [entry] = await tx.run(FIND_PROOF, { merchantId, shop });
  if (!entry) return false;
  if (entry.provenAt && isLater(entry.provenAt, at)) {
    // The webhook arrives after the app was installed again.
    if (isNew) await tx.run(COUNT_UP, { merchantId, shop });
    return false;
  }
  return endConnection(tx, ctx, { merchantId, shop, reason: 'uninstalled', at });
}
