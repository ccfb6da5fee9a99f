import type { MerchantId } from '@core/contracts';
import type { Actor, Tx } from '@core/db';
import { notConnected } from '../access-token.ts';
import { shopDomain } from '../shop-domain.ts';
import { endConnection } from './end-connection.ts';
import { lockShopOfMerchant } from './lock-shop-of-merchant.ts';

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
  if (!(await lockShopOfMerchant(tx, { merchantId, shop }))) throw notConnected(shop);
  const ended = await endConnection(tx, ctx, { merchantId, shop, reason: 'disconnected', at: new Date() });
  if (!ended) throw notConnected(shop);
}
