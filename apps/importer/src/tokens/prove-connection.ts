import { type MerchantKeyStore } from '@core/crypto';
import { inTransaction, type Pool } from '@core/db';
import { storeProof, type ShopConnection } from '@core/domain';
import { proveShop, type ShopifyClient } from '@core/shopify';

export interface ProveDeps {
  pool: Pool;
  keys: MerchantKeyStore;
  client: ShopifyClient;
  /** Aborted when the process stops. */
  signal: AbortSignal;
}

/**
 * Proves, once, a connection that was made before proofs existed, by asking its shop about the token. It
 * bypasses the shop's rate limit: it is one request in the life of a connection, which fits into the
 * headroom.
 * @throws like proveShop and storeProof
 */
export async function proveConnection(
  { pool, client, signal }: ProveDeps,
  { merchantId, shop }: ShopConnection,
  accessToken: string,
): Promise<void> {
  const { shopId } = await proveShop(client, { shop, accessToken, signal });
  const actor = { caller: 'importer', requestId: 'prove-shop' };
  await inTransaction(pool, (tx) => storeProof(tx, actor, { merchantId, shop, shopId }), { merchantId });
}
