import { readEnv } from '@core/runtime';
import {
  proveShop,
  shopifyEnv,
  ShopifyRejected,
  ShopifyUnavailable,
  storedTokenRefused,
  Throttled,
  Unauthorized,
  type Access,
  type ShopProof,
} from '@core/shopify';
import { OpsError } from '../cli/errors.ts';

/** Queries a shop for its identity with a stored token. @throws OpsError when the shop gives no proof */
export async function proveConnection(source: NodeJS.ProcessEnv, access: Access): Promise<ShopProof> {
  const { SHOPIFY_BASE_URL: baseUrl, SHOPIFY_API_VERSION: apiVersion } = readEnv(shopifyEnv, source);
  try {
    return await proveShop({ baseUrl, apiVersion }, access);
  } catch (error) {
    if (error instanceof Unauthorized) throw new OpsError(storedTokenRefused(access.shop));
    if (error instanceof ShopifyRejected) throw new OpsError(error.message);
    if (!(error instanceof ShopifyUnavailable || error instanceof Throttled)) throw error;
    throw new OpsError(`cannot query ${access.shop} (${error.message}); nothing was moved, try again`);
  }
}
