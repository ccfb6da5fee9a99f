import { UnusableAnswer } from '../answers/errors.ts';
import { parseHttpDate } from '../answers/retry-after.ts';
import { readGrantedPair } from './read-tokens.ts';
import { parseScopes } from './scopes.ts';
import { requestGrant, type Grant, type TokenEndpoint } from './token-endpoint.ts';

/** The tokens that a shop granted to the app. */
export interface GrantedTokens {
  accessToken: string;
  /** Undefined, like the expiry: the access token is permanent. */
  refreshToken: string | undefined;
  expiresAt: Date | undefined;
  /** In alphabetical order. */
  scopes: string[];
  /**
   * The Date header of the reply. It is Shopify's clock, so that it can be compared with the time of an
   * uninstall. Our own time, if the header is unreadable.
   */
  grantedAt: Date;
}

/**
 * Shopify refused the session token or the code: it has expired, was used before, or belongs to another app.
 * The message is shown to the merchant.
 */
export class GrantRefused extends Error {
  override name = 'GrantRefused';

  constructor() {
    super(
      'Shopify no longer accepts this request to connect the shop. Open the app in the Shopify admin again.',
    );
  }
}

const NO_APP =
  'Shopify does not grant this app access to the shop. Check that the app is installed there, check SHOPIFY_CLIENT_ID and ' +
  'SHOPIFY_CLIENT_SECRET, then open the app again.';

/**
 * Exchanges the session token of a merchant for the shop's offline tokens. This revokes the previous expiring
 * tokens of the app in this shop.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/token-exchange
 * (`invalid_subject_token`), .../offline-access-tokens (expiring).
 * @throws GrantRefused; like requestGrant
 */
export const exchangeSessionToken = (
  endpoint: TokenEndpoint,
  shop: string,
  sessionToken: string,
  now: () => number,
): Promise<GrantedTokens> =>
  exchange(endpoint, shop, now, ['invalid_subject_token'], {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: sessionToken,
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    requested_token_type: 'urn:shopify:params:oauth:token-type:offline-access-token',
  });

/**
 * Exchanges the code of the authorization code grant for the shop's offline tokens. A code works once.
 * Shopify's code for a used one is `invalid_request`, that of RFC 6749 is `invalid_grant`.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
 * (get an access token).
 * @throws GrantRefused; like requestGrant
 */
export const exchangeCode = (
  endpoint: TokenEndpoint,
  shop: string,
  code: string,
  now: () => number,
): Promise<GrantedTokens> => exchange(endpoint, shop, now, ['invalid_request', 'invalid_grant'], { code });

async function exchange(
  endpoint: TokenEndpoint,
  shop: string,
  now: () => number,
  codes: readonly string[],
  fields: Record<string, string>,
): Promise<GrantedTokens> {
  const grant: Grant = {
    // Public apps may use expiring tokens only.
    fields: { ...fields, expiring: '1' },
    refusal: { status: 400, codes, error: () => new GrantRefused() },
    noApp: NO_APP,
  };
  const { fields: reply, headers, asked } = await requestGrant(endpoint, shop, grant, now);
  const scopes = parseScopes(reply['scope']);
  if (!scopes) throw new UnusableAnswer('other_form', 'the reply has no scopes');
  const grantedAt = new Date(parseHttpDate(headers.get('date')) ?? now());
  return { ...readGrantedPair(reply, asked), scopes, grantedAt };
}
