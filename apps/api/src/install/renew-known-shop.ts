import { renewToken } from '@core/domain';
import { CoreError } from '@core/runtime';
import {
  nullIfRefused,
  requestTokens,
  ShopifyRejected,
  ShopifyUnavailable,
  type TokenEndpoint,
} from '@core/shopify';
import type { FindShopDeps, KnownShop } from './find-merchant.ts';

/** Longer than a refresh usually takes in another process. */
const WAIT_MS = 10_000;

export interface RenewShopDeps extends Pick<FindShopDeps, 'pool' | 'keys'> {
  endpoint: Omit<TokenEndpoint, 'signal'>;
}

/**
 * Renews the tokens of a shop that is opened in its admin, as an import does. Tried before new tokens are
 * granted, because a grant retires the tokens that a running import may be renewing.
 * @returns false when Shopify refuses: new tokens must be granted
 * @throws ShopifyUnavailable also while another process renews them
 */
export async function renewKnownShop(
  { pool, keys, endpoint }: RenewShopDeps,
  { merchantId, refused }: Extract<KnownShop, { state: 'stale' }>,
  shop: string,
  signal: AbortSignal,
): Promise<boolean> {
  const request = (_: unknown, refreshToken: string) =>
    requestTokens({ ...endpoint, signal }, shop, refreshToken, Date.now).catch(nullIfRefused);
  const renewed = await renewToken(
    { pool, keys, signal, request },
    { merchantId, shop },
    refused,
    WAIT_MS,
  ).catch((error: unknown) => {
    // The grant that follows meets the same refusal, if it concerns the app. The merchant may also have
    // disconnected the shop meanwhile, which the grant checks.
    const isRefused =
      error instanceof ShopifyRejected ||
      (error instanceof CoreError && error.kind === 'failed_precondition');
    if (!isRefused) throw error;
    return 'none' as const;
  });
  if (renewed === 'busy') throw new ShopifyUnavailable('another process is renewing the access token');
  return renewed !== 'none';
}
