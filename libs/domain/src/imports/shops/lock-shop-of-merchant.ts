import { build, shopDirectory, statement, type Tx } from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { lockInstallation } from './app-installation.ts';
import { ofShop, SHOP } from './of-shop.ts';

const FIND = statement({
  params: SHOP,
  row: { shopId: shopDirectory.shopId },
  text: (p, row) => build.select(row).from(shopDirectory).where(ofShop(shopDirectory, p)),
});

/**
 * Locks the installation of a merchant's shop: see lockInstallation. A shop without a number was never
 * proven, and has no installation.
 * @returns whether the merchant has the shop, connected or not
 */
export async function lockShopOfMerchant(tx: Tx, { merchantId, shop }: ShopConnection): Promise<boolean> {
  const [entry] = await tx.run(FIND, { merchantId, shop });
  if (entry && entry.shopId !== null) await lockInstallation(tx, { shopId: String(entry.shopId) });
  return entry !== undefined;
}
