import { isJsonObject } from '@core/contracts';
import { loadLibrary, requireSecrets, type ShopifyLibrary } from './load-library.ts';
import { readClaims, refused, type SessionToken } from './session-claims.ts';

/** @throws SessionTokenRefused */
export type ReadSessionToken = (token: string) => Promise<SessionToken>;

export interface SessionTokenOptions {
  clientId: string;
  /** More than one while the secret is rotated. */
  secrets: readonly string[];
  /**
   * Milliseconds since the epoch: the clock of our checks. Shopify's library reads the clock of the process,
   * and both must accept a token.
   */
  now?: () => number;
}

/** Shopify's tokens have about 500 characters. */
const LONGEST_TOKEN = 4_096;

/** A signed token with the 256 bits of HS256. */
const SIGNED = /^[\w-]+\.([\w-]+)\.([\w-]{43})$/;

/**
 * Creates the check of session tokens. Shopify's library verifies the signature: HS256 by the app's secret
 * and nothing else. The claims are checked before it, to give the reason of a refusal without the library's
 * errors, which quote the token; the result comes only from what the library has verified.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/session-tokens.
 * @throws Error for an empty client id or secret, by which anyone could sign
 */
export function createSessionTokenReader(options: SessionTokenOptions): ReadSessionToken {
  const { clientId, secrets, now = Date.now } = options;
  if (clientId === '') throw new Error('the client id must have a value');
  requireSecrets(secrets);
  let loading: Promise<ShopifyLibrary[]> | undefined;

  return async (token) => {
    const check = (claims: Record<string, unknown>) =>
      readClaims(claims, clientId, Math.floor(now() / 1_000));
    check(unverifiedClaims(token));
    const libraries = await (loading ??= loadLibrary(clientId, secrets));
    for (const { session } of libraries) {
      const claims = await session.decodeSessionToken(token).catch(() => null);
      if (claims) return check({ ...claims });
    }
    throw refused('is not signed with HS256 by a client secret of the app: signature');
  };
}

/**
 * Reads the claims of a token that has the only text of its signature. Shopify's library skips other
 * characters and unused bits, so that one signature has many texts.
 * @throws SessionTokenRefused
 */
function unverifiedClaims(token: string): Record<string, unknown> {
  if (token.length > LONGEST_TOKEN) throw refused(`has more than ${LONGEST_TOKEN} characters`);
  const [, payload = '', signature = ''] = SIGNED.exec(token) ?? [];
  if (payload === '' || Buffer.from(signature, 'base64url').toString('base64url') !== signature) {
    throw refused('is not three parts in base64url, signed with HS256');
  }
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
    if (isJsonObject(claims)) return claims;
  } catch {
    // Also refused below: the error of JSON.parse quotes the token.
  }
  throw refused('has no claims that can be read');
}
