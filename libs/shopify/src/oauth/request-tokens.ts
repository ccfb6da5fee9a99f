import { sendToShop } from '../client/transport.ts';
import { parseObject } from '../answers/read-reply.ts';
import { parseRetryAfter } from '../answers/retry-after.ts';
import { ShopifyRejected, UnusableAnswer } from '../answers/errors.ts';

/** The endpoint that renews tokens, and the app's credentials for it. */
export interface TokenEndpoint {
  /** Contains the placeholder {shop}, such as https://{shop}. */
  baseUrl: string;
  /** Empty: tokens that expire cannot be renewed. */
  clientId: string;
  clientSecret: string;
  /** Aborted when the process stops. */
  signal: AbortSignal;
}

export interface NewTokens {
  accessToken: string;
  refreshToken: string;
  expiresAt: Date;
}

/**
 * The refresh token is permanently invalid: 401 `invalid_request`. Shopify's rules forbid another attempt.
 */
export class RefreshRefused extends Error {
  override name = 'RefreshRefused';
}

const NO_APP =
  'The access token of this shop has expired, and the service cannot renew it: the app credentials are missing, or Shopify does ' +
  'not accept them. Check SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET, then resume the import.';

/**
 * Exchanges a refresh token for a new pair of tokens. The refresh token stays valid until its successor is
 * used, so a reply lost in transit costs nothing.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens
 * (refreshing).
 * @throws RefreshRefused, UnusableAnswer, or ShopifyRejected when Shopify does not accept the app's
 *   credentials; no error contains a token
 */
export async function requestTokens(
  { baseUrl, clientId, clientSecret, signal }: TokenEndpoint,
  shop: string,
  refreshToken: string,
  now: () => number,
): Promise<NewTokens> {
  if (!clientId || !clientSecret) throw new ShopifyRejected(NO_APP);
  const asked = now();
  const init = {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: clientId,
      client_secret: clientSecret,
      refresh_token: refreshToken,
    }),
  };
  const path = '/admin/oauth/access_token';
  const { status, body, headers } = await sendToShop({ baseUrl }, shop, { path, init, signal });
  if (status === 401 && parseObject(body)['error'] === 'invalid_request') throw new RefreshRefused();
  if (status === 400 || status === 401 || status === 403) throw new ShopifyRejected(NO_APP);
  if (status !== 200)
    throw new UnusableAnswer('error', `HTTP ${status}`, parseRetryAfter(headers.get('retry-after'), now()));
  return readTokens(parseObject(body), asked);
}

/** @throws UnusableAnswer */
export function readTokens(reply: Record<string, unknown>, asked: number): NewTokens {
  const { access_token: accessToken, refresh_token: next, expires_in: seconds } = reply;
  if (!isText(accessToken) || !isText(next) || typeof seconds !== 'number' || !(seconds > 0)) {
    throw new UnusableAnswer('other_form', 'the reply has no tokens');
  }
  return {
    accessToken,
    refreshToken: next,
    expiresAt: new Date(asked + Math.min(seconds, LONGEST_LIFE_S) * 1_000),
  };
}

/**
 * Maximum lifetime of a token. A later expiry would exceed the storable dates and fail each page of the shop.
 */
const LONGEST_LIFE_S = 100 * 365 * 86_400;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
