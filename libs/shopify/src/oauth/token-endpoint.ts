import { UnusableAnswer, ShopifyRejected } from '../answers/errors.ts';
import { parseObject } from '../answers/read-reply.ts';
import { parseRetryAfter } from '../answers/retry-after.ts';
import { sendToShop } from '../client/transport.ts';

/** The endpoint that grants and renews tokens, and the app's credentials for it. */
export interface TokenEndpoint {
  /** Contains the placeholder {shop}, such as https://{shop}. */
  baseUrl: string;
  /** Empty: tokens can be neither granted nor renewed. */
  clientId: string;
  clientSecret: string;
  /** Aborted when the process stops. */
  signal: AbortSignal;
}

/** A way to get tokens. */
export interface Grant {
  /** The form without the app's credentials. */
  fields: Readonly<Record<string, string>>;
  /** The reply by which Shopify refuses the grant itself, and not the app. */
  refusal: { status: number; codes: readonly string[]; error: () => Error };
  /** Shown to the merchant when Shopify does not accept the app. */
  noApp: string;
}

/** The reply to an accepted grant. */
export interface TokenReply {
  fields: Record<string, unknown>;
  headers: Headers;
  /** The time of the request in milliseconds since the epoch. Lifetimes count from it, to end early. */
  asked: number;
}

const PATH = '/admin/oauth/access_token';

/**
 * Requests tokens from a shop.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens (token-exchange,
 * authorization-code-grant, offline-access-tokens).
 * @throws the grant's refusal; ShopifyRejected when Shopify does not accept the app; UnusableAnswer; like
 *   sendToShop. No error contains a token or a code.
 */
export async function requestGrant(
  { baseUrl, clientId, clientSecret, signal }: TokenEndpoint,
  shop: string,
  { fields, refusal, noApp }: Grant,
  now: () => number,
): Promise<TokenReply> {
  if (!clientId || !clientSecret) throw new ShopifyRejected(noApp);
  const asked = now();
  const init = {
    method: 'POST',
    // Otherwise Shopify explains a refusal in a web page.
    headers: { accept: 'application/json' },
    body: new URLSearchParams({ ...fields, client_id: clientId, client_secret: clientSecret }),
  };
  const { status, body, headers } = await sendToShop({ baseUrl }, shop, { path: PATH, init, signal });
  if (status === refusal.status && isOneOf(refusal.codes, parseObject(body)['error'])) throw refusal.error();
  if (status === 400 || status === 401 || status === 403) throw new ShopifyRejected(noApp);
  if (status !== 200) {
    throw new UnusableAnswer('error', `HTTP ${status}`, parseRetryAfter(headers.get('retry-after'), now()));
  }
  return { fields: parseObject(body), headers, asked };
}

const isOneOf = (codes: readonly string[], error: unknown): boolean =>
  typeof error === 'string' && codes.includes(error);
