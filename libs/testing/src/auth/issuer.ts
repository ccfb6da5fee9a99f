import { jwksOf, newSigningKey, signToken, type SigningKey, type TokenClaims } from './signing-key.ts';

/** The scopes of a service that may do everything. */
export const EVERY_SCOPE =
  'rfm:read customers:read customers:write customers:pii imports:write settings:write privacy:admin';

/** Issues tokens, as the platform's Auth would. */
export interface TokenIssuer {
  key: SigningKey;
  /** The environment of an api that takes its tokens. */
  env: { CORE_AUTH_ISSUER: string; CORE_AUTH_AUDIENCE: string; CORE_AUTH_JWKS: string };
  /** A token for an hour and every scope, unless told otherwise. */
  token(claims?: Partial<TokenClaims> | Record<string, unknown>, header?: Record<string, unknown>): string;
}

export function createIssuer(key: SigningKey = newSigningKey()): TokenIssuer {
  const [iss, aud] = ['https://auth.example.com', 'core'];
  return {
    key,
    env: { CORE_AUTH_ISSUER: iss, CORE_AUTH_AUDIENCE: aud, CORE_AUTH_JWKS: jwksOf(key) },
    token: (claims, header) =>
      signToken(
        key,
        { iss, aud, sub: 'dev', exp: Math.floor(Date.now() / 1_000) + 3_600, scope: EVERY_SCOPE, ...claims },
        header,
      ),
  };
}

/** The header that shows a token. */
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
