import { sql } from 'drizzle-orm';
import { build, shopDirectory, statement, type Actor, type Tx } from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { restartSegmentSync } from '../segments/end-segment-syncs.ts';
import { addUninstall, isLater, lockInstallation, type Uninstall } from './app-installation.ts';
import { endConnection } from './end-connection.ts';
import { ofShop, SHOP } from './of-shop.ts';

const FIND_PROOF = statement({
  params: SHOP,
  row: { provenAt: shopDirectory.provenAt },
  text: (p, row) => build.select(row).from(shopDirectory).where(ofShop(shopDirectory, p)),
});

/** Whether the merchant has proven the connection after the uninstall: the app was installed again since. */
async function isProvenAfter(tx: Tx, { merchantId, shop }: ShopConnection, at: Date): Promise<boolean> {
  const [entry] = await tx.run(FIND_PROOF, { merchantId, shop });
  return entry?.provenAt ? isLater(entry.provenAt, at) : false;
}

const COUNT_UP = statement({
  params: SHOP,
  text: (p) =>
    build
      .update(shopDirectory)
      .set({ generation: sql`${shopDirectory.generation} + 1` })
      .where(ofShop(shopDirectory, p)),
});

/**
 * Records that a merchant's shop has uninstalled the app. Done when the webhook arrives: a redaction of the
 * shop may discard the webhook before it is applied, and a later shop/redact would then be assigned wrongly.
 */
export async function recordUninstall(
  tx: Tx,
  { merchantId, shop, ...uninstall }: ShopConnection & Uninstall,
): Promise<void> {
  await lockInstallation(tx, uninstall);
  const isNew = await addUninstall(tx, uninstall);
  const isLate = isNew && (await isProvenAfter(tx, { merchantId, shop }, uninstall.at));
  if (!isLate) return;
  await tx.run(COUNT_UP, { merchantId, shop });
  await restartSegmentSync(tx, { merchantId, shop });
}

/**
 * Ends the connection of a shop that has uninstalled the app, unless the app has been installed again since.
 * @returns whether the connection was ended
 */
export async function uninstallApp(
  tx: Tx,
  ctx: Actor,
  { merchantId, shop, shopId, at }: ShopConnection & Uninstall,
): Promise<boolean> {
  await lockInstallation(tx, { shopId });
  if (await isProvenAfter(tx, { merchantId, shop }, at)) return false;
  return endConnection(tx, ctx, { merchantId, shop, reason: 'uninstalled', at });
}
