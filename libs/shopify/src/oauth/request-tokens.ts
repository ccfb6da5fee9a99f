import { sendToShop } from '../client/transport.ts';
import { parseObject } from '../answers/read-reply.ts';
import { parseRetryAfter } from '../answers/retry-after.ts';
import { ShopifyRejected, UnusableAnswer } from '../answers/errors.ts';

/** Where tokens are renewed, and as which app. */
export interface TokenEndpoint {
  /** With {shop} in it, such as https://{shop}. */
  baseUrl: string;
  /** Empty: tokens that end cannot be renewed. */
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

/** The refresh token is over for good: 401 `invalid_request`. Asking again is against Shopify's rules. */
export class RefreshRefused extends Error {
  override name = 'RefreshRefused';
}

const NO_APP =
  'The access token of this shop has ended, and the service cannot renew it: Shopify does not know the app by the ' +
  'credentials that are configured (SHOPIFY_CLIENT_ID, SHOPIFY_CLIENT_SECRET).';

/**
 * Trades a refresh token for a new pair. It may be used again until its successor is used, so a reply that is lost
 * on its way costs nothing.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens (refreshing).
 * @throws RefreshRefused, UnusableAnswer, ShopifyRejected when the app itself is not known; no token in any of them
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
    throw new UnusableAnswer('other_form', 'a reply without tokens');
  }
  return {
    accessToken,
    refreshToken: next,
    expiresAt: new Date(asked + Math.min(seconds, LONGEST_LIFE_S) * 1_000),
  };
}

/** Longer ones do not end: a time beyond the years that can be stored would fail each page of the shop. */
const LONGEST_LIFE_S = 100 * 365 * 86_400;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
