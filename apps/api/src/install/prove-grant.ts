import { backoff, pause } from '@core/runtime';
import {
  proveShop,
  ShopifyUnavailable,
  Throttled,
  type Access,
  type AdminApi,
  type ShopProof,
} from '@core/shopify';

/** Less than a page may take, so that the merchant still gets an answer. */
const RETRY_FOR_MS = 20_000;

/**
 * Proves a new grant with its shop. A temporary failure is retried: the grant has retired the stored tokens,
 * its code is spent, and its own tokens would be lost. Rejected: storing them without a proof, for the
 * importer to prove them: an unproven connection does not count as the owner of the shop.
 * @throws as proveShop
 */
export async function proveGrant(api: AdminApi, access: Access): Promise<ShopProof> {
  const until = Date.now() + RETRY_FOR_MS;
  for (let attempt = 0; ; attempt++) {
    try {
      return await proveShop(api, access);
    } catch (error) {
      const isTemporary = error instanceof ShopifyUnavailable || error instanceof Throttled;
      if (!isTemporary || Date.now() >= until) throw error;
    }
    await pause(backoff(attempt, 500, 4_000), access.signal);
    access.signal.throwIfAborted();
  }
}
