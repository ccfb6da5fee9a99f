import type { MerchantId } from '@core/contracts';
import { inTransaction, poolReader, type Pool } from '@core/db';
import { findMerchantOfShop, getShop, hasUsableTokens, isConnected } from '@core/domain';

/** The merchant of a shop, as far as this service knows. */
export interface KnownShop {
  merchantId: MerchantId;
  /**
   * - usable: the shop is connected
   * - lost: the app was uninstalled, or the tokens have expired; the data may still be stored
   * - disconnected: the merchant has ended the connection
   */
  state: 'usable' | 'lost' | 'disconnected';
}

/** Finds the merchant that has, or had, connected a shop. Reads the primary: a replica may lag behind. */
export async function findKnownShop(pool: Pool, shop: string): Promise<KnownShop | null> {
  const merchantId = await findMerchantOfShop(poolReader(pool), { shop });
  if (!merchantId) return null;
  const state = await inTransaction(
    pool,
    async (tx) => {
      if (await hasUsableTokens(tx, { merchantId, shop })) return 'usable';
      const { connected, endReason } = await getShop(tx, { merchantId, shop });
      return !connected && endReason === 'disconnected' ? 'disconnected' : 'lost';
    },
    { merchantId },
  );
  return { merchantId, state };
}

/** Returns the merchant that has the shop connected now. */
export async function findConnectedMerchant(pool: Pool, shop: string): Promise<MerchantId | null> {
  const merchantId = await findMerchantOfShop(poolReader(pool), { shop });
  if (!merchantId) return null;
  const connected = await inTransaction(pool, (tx) => isConnected(tx, { merchantId, shop }), { merchantId });
  return connected ? merchantId : null;
}
