import { SHOP_DOMAIN } from '@core/contracts';
import { loadLibrary, requireSecrets } from './load-library.ts';

/** A query that Shopify has not signed. The message names the parameter and contains no value. */
export class QueryRefused extends Error {
  override name = 'QueryRefused';
}

export interface SignedQueryOptions {
  /** More than one while the secret is rotated. */
  secrets: readonly string[];
  /**
   * Milliseconds since the epoch: the clock of our checks. Shopify's library reads the clock of the process,
   * and both must accept the timestamp.
   */
  now?: () => number;
}

/** Shopify's queries have about 1,500 characters, most of them a session token. */
const LONGEST_QUERY = 8_192;
/** As in Shopify's library. */
const TOLERANCE_S = 90;

/**
 * Checks a query by which Shopify opens the app or returns from the authorization. Shopify's library compares
 * the HMAC, over the parameters in the form that Shopify signs. The parts before it are stricter: the library
 * omits `signature` from the HMAC, so that anyone could add it, and joins repeated parameters.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
 * (verify the installation request).
 * @throws QueryRefused; Error for an empty secret
 */
export async function readSignedQuery(
  query: string,
  { secrets, now = Date.now }: SignedQueryOptions,
): Promise<URLSearchParams> {
  requireSecrets(secrets);
  const parameters = parametersOf(query);
  const value = (name: string) => parameters.get(name) ?? '';
  if (!/^[0-9a-f]{64}$/.test(value('hmac'))) throw new QueryRefused('hmac: must have 64 hexadecimal digits');
  if (!/^\d{1,12}$/.test(value('timestamp')))
    throw new QueryRefused('timestamp: must be a number of seconds');
  if (Math.abs(Math.floor(now() / 1_000) - Number(value('timestamp'))) > TOLERANCE_S) {
    throw new QueryRefused('timestamp: must be from the last 90 seconds');
  }
  if (!SHOP_DOMAIN.test(value('shop'))) throw new QueryRefused('shop: must be a *.myshopify.com domain');
  for (const { utils } of await loadLibrary('any app', secrets)) {
    if (await utils.validateHmac(parameters).catch(() => false)) return parameters;
  }
  throw new QueryRefused('hmac: is not by a client secret of the app');
}

/** @throws QueryRefused */
function parametersOf(query: string): URLSearchParams {
  if (query.length > LONGEST_QUERY) {
    throw new QueryRefused(`the query must have at most ${LONGEST_QUERY} characters`);
  }
  const parameters = new URLSearchParams(query);
  if (new Set(parameters.keys()).size !== parameters.size) {
    throw new QueryRefused('every parameter must be given once');
  }
  if (parameters.has('signature')) throw new QueryRefused('signature: must be absent');
  return parameters;
}
