import type { MerchantId } from '@core/contracts';
import { KeyError, KeyringError, type MerchantKeyStore } from '@core/crypto';
import { inTransaction, poolReader, type Pool } from '@core/db';
import {
  connectedSince,
  findMerchantOfShop,
  listShops,
  readStoredToken,
  storeCustomerAccess,
  storeTimeZone,
} from '@core/domain';
import { CoreError } from '@core/runtime';
import { proveShop, Unauthorized, type AdminApi } from '@core/shopify';

/**
 * The merchant of a shop, as far as this service knows.
 * - usable: the shop is connected
 * - stale: its access token has expired or was refused, and a refresh token is stored
 * - lost: the app was uninstalled, or there is no usable token; the data may still be stored
 * - disconnected: the merchant has ended the connection
 */
export type KnownShop = { merchantId: MerchantId } & (
  | { state: 'lost' | 'disconnected' }
  | {
      state: 'usable';
      /** The granted access scopes; null: not known. */
      scopes: readonly string[] | null;
    }
  | { state: 'stale'; refused: string }
);

export interface FindShopDeps {
  pool: Pool;
  keys: MerchantKeyStore;
  api: AdminApi;
}

/**
 * Finds the merchant that has, or had, connected a shop. Reads the primary: a replica may lag behind. A token
 * that has not expired is shown to the shop: after an uninstall and a new installation, app/uninstalled may
 * still be on its way, and it will end the connection of the dead token.
 */
export async function findKnownShop(
  { pool, keys, api }: FindShopDeps,
  shop: string,
  signal: AbortSignal,
): Promise<KnownShop | null> {
  const merchantId = await findMerchantOfShop(poolReader(pool), { shop });
  if (!merchantId) return null;
  const found = await inTransaction(
    pool,
    async (tx) => {
      // Before the entry, which then says why there is no token: an uninstall may be applied in between.
      const token = await readStoredToken(tx, { keys }, { merchantId, shop }).catch(unlessLost);
      const entry = (await listShops(tx, { merchantId })).find((each) => each.shop === shop);
      return { entry, token: entry?.connected ? token : undefined };
    },
    { merchantId, signal },
  );
  // Its redaction has removed it meanwhile.
  if (!found.entry) return null;
  if (!found.token) {
    return { merchantId, state: found.entry.endReason === 'disconnected' ? 'disconnected' : 'lost' };
  }
  const { accessToken, expiresAt, refreshable } = found.token;
  const hasExpired = expiresAt ? expiresAt.getTime() <= Date.now() : false;
  const proof = hasExpired
    ? null
    : await proveShop(api, { shop, accessToken, signal }).catch((error: unknown) =>
        error instanceof Unauthorized ? null : undefined,
      );
  if (proof && found.entry.refusedAt) {
    const { customerAccess: access } = proof;
    await inTransaction(pool, (tx) => storeCustomerAccess(tx, { merchantId, shop, access }), { merchantId });
  }
  if (proof?.timeZone && proof.timeZone !== found.entry.timeZone) {
    const { timeZone } = proof;
    await inTransaction(pool, (tx) => storeTimeZone(tx, { merchantId, shop, timeZone }), { merchantId });
  }
  // A shop that gives no proof at the moment is not asked for another grant.
  if (proof !== null) return { merchantId, state: 'usable', scopes: proof?.scopes ?? found.entry.scopes };
  return refreshable ? { merchantId, state: 'stale', refused: accessToken } : { merchantId, state: 'lost' };
}

/**
 * A shop that is not connected has no token, and one whose key no longer exists is lost; while the keyring
 * lacks a key, nothing is known.
 */
function unlessLost(error: unknown): undefined {
  if (error instanceof CoreError && error.kind === 'failed_precondition') return;
  if (!(error instanceof KeyError) || error instanceof KeyringError) throw error;
}

/** The connection of a shop. */
export interface CurrentConnection {
  merchantId: MerchantId;
  /** A later connection of the same shop begins later. */
  since: Date;
}

/** Returns the connection that the shop has now. */
export async function findConnection(pool: Pool, shop: string): Promise<CurrentConnection | null> {
  const merchantId = await findMerchantOfShop(poolReader(pool), { shop });
  if (!merchantId) return null;
  const since = await inTransaction(pool, (tx) => connectedSince(tx, { merchantId, shop }), { merchantId });
  return since && { merchantId, since };
}
