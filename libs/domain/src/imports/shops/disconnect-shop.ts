import type { MerchantId } from '@core/contracts';
import { build, shopDirectory, statement, type Actor, type Tx } from '@core/db';
import { notConnected } from '../access-token.ts';
import { shopDomain } from '../shop-domain.ts';
import { lockInstallation } from './app-installation.ts';
import { endConnection } from './end-connection.ts';
import { ofShop, SHOP } from './of-shop.ts';

const FIND = statement({
  params: SHOP,
  row: { shopId: shopDirectory.shopId },
  text: (p, row) => build.select(row).from(shopDirectory).where(ofShop(shopDirectory, p)),
});

/**
 * Ends the connection of a shop at the merchant's request. The app stays installed in Shopify, which reports
 * it as uninstalled later.
 * @throws CoreError invalid_argument; failed_precondition when the shop is not connected
 */
export async function disconnectShop(
  tx: Tx,
  ctx: Actor,
  input: { merchantId: MerchantId; shop: string },
): Promise<void> {
  const { merchantId } = input;
  const shop = shopDomain(input.shop);
  const [entry] = await tx.run(FIND, { merchantId, shop });
  if (!entry) throw notConnected(shop);
  if (entry.shopId !== null) await lockInstallation(tx, { shopId: String(entry.shopId) });
  const ended = await endConnection(tx, ctx, { merchantId, shop, reason: 'disconnected', at: new Date() });
  if (!ended) throw notConnected(shop);
}
