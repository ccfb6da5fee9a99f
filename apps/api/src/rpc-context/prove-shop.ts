import { CoreError, type Logger } from '@core/runtime';
import {
  proveShop,
  ShopifyRejected,
  ShopifyUnavailable,
  ShopUnproven,
  storedTokenRefused,
  Throttled,
  Unauthorized,
  type Access,
  type AdminApi,
  type ShopProof,
} from '@core/shopify';

/**
 * @param field the request field that names the shop; new_shop: the token is stored and not in the request
 * @throws CoreError naming the field; its message does not reveal whether another merchant has connected the
 * shop
 */
export type ProveShop = (access: Access, field?: 'shop' | 'new_shop') => Promise<ShopProof>;

/**
 * Verifies an access token with its shop before anything is looked up or stored: a caller with an invalid
 * token gets the same answer for every shop. It waits as long as any request to a shop does, 15 s, but never
 * longer than its caller.
 */
export function createProveShop(api: AdminApi, log: Pick<Logger, 'warn'>): ProveShop {
  return async (access, field = 'shop') => {
    try {
      return await proveShop(api, access);
    } catch (error) {
      access.signal.throwIfAborted();
      throw field === 'shop' ? refusalOf(error, access.shop, log) : refusalOfStored(error, access.shop, log);
    }
  };
}

/**
 * Returns the refusal of a stored token. The token was accepted once, so its failure is not a mistake in the
 * request.
 */
function refusalOfStored(error: unknown, shop: string, log: Pick<Logger, 'warn'>): unknown {
  const about = (message: string) =>
    new CoreError('failed_precondition', `new_shop: ${message}`, { field: 'new_shop' });
  if (error instanceof Unauthorized) return about(storedTokenRefused(shop));
  if (error instanceof ShopifyRejected) return about(error.message);
  return refusalOf(error, shop, log);
}

function refusalOf(error: unknown, shop: string, log: Pick<Logger, 'warn'>): unknown {
  if (error instanceof Unauthorized) {
    return new CoreError('invalid_argument', `access_token: ${shop} does not accept it; reinstall the app`, {
      field: 'access_token',
    });
  }
  if (error instanceof ShopUnproven) {
    return new CoreError('failed_precondition', `access_token: ${error.message}`, { field: 'access_token' });
  }
  if (error instanceof ShopifyRejected) {
    return new CoreError('failed_precondition', `shop: ${error.message}`, { field: 'shop' });
  }
  if (!(error instanceof ShopifyUnavailable || error instanceof Throttled)) return error;
  log.warn({ err: error, shop }, 'could not verify an access token with its shop');
  return new CoreError('unavailable', `shop: ${shop} could not be queried; nothing was stored, try again`, {
    field: 'shop',
  });
}
