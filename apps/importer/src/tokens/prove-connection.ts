import { inTransaction, type Pool } from '@core/db';
import { storeCustomerAccess, storeProof, type ShopConnection } from '@core/domain';
import { proveShop, type AdminApi } from '@core/shopify';

export interface ProveDeps {
  pool: Pool;
  api: AdminApi;
  /** Aborted when the process stops. */
  signal: AbortSignal;
}

/**
 * Proves a connection that was made before proofs existed, with one request to its shop about the token.
 * @throws like proveShop and storeProof
 */
export async function proveConnection(
  { pool, api, signal }: ProveDeps,
  { merchantId, shop }: ShopConnection,
  accessToken: string,
): Promise<void> {
  const { shopId, provenAt, customerAccess: access } = await proveShop(api, { shop, accessToken, signal });
  const actor = { caller: 'importer', requestId: 'prove-shop' };
  await inTransaction(
    pool,
    async (tx) => {
      await storeProof(tx, actor, { merchantId, shop, shopId, provenAt });
      await storeCustomerAccess(tx, { merchantId, shop, access });
    },
    { merchantId },
  );
}
