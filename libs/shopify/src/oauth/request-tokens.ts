import { readTokens, type NewTokens } from './read-tokens.ts';
import { requestGrant, type Grant, type TokenEndpoint } from './token-endpoint.ts';

/**
 * The refresh token is permanently invalid: 401 `invalid_request`. Shopify's rules forbid another attempt.
 */
export class RefreshRefused extends Error {
  override name = 'RefreshRefused';
}

/** Turns a refusal into a result: there are no other tokens. Other errors are thrown again. */
export function nullIfRefused(error: unknown): null {
  if (error instanceof RefreshRefused) return null;
  throw error;
}

const NO_APP =
  'The access token of this shop has expired, and the service cannot renew it: the app credentials are missing, or Shopify does ' +
  'not accept them. Check SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET, then resume the import.';

/**
 * Exchanges a refresh token for a new pair of tokens. The refresh token stays valid until its successor is
 * used, so a reply lost in transit costs nothing.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens
 * (refreshing).
 * @throws RefreshRefused; like requestGrant
 */
export async function requestTokens(
  endpoint: TokenEndpoint,
  shop: string,
  refreshToken: string,
  now: () => number,
): Promise<NewTokens> {
  const grant: Grant = {
    fields: { grant_type: 'refresh_token', refresh_token: refreshToken },
    refusal: { status: 401, codes: ['invalid_request'], error: () => new RefreshRefused() },
    noApp: NO_APP,
  };
  const { fields, asked } = await requestGrant(endpoint, shop, grant, now);
  return readTokens(fields, asked);
}
