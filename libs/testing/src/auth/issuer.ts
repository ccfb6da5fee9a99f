import { jwksOf, newSigningKey, signToken, type SigningKey, type TokenClaims } from './signing-key.ts';

/** All scopes, as a service with full access has them. */
export const EVERY_SCOPE =
  'rfm:read customers:read customers:write customers:pii imports:write settings:write privacy:admin';

/** Issues tokens in the same form as the platform's Auth. */
export interface TokenIssuer {
  key: SigningKey;
  /** Environment variables that make an api accept the tokens of this issuer. */
  env: { CORE_AUTH_ISSUER: string; CORE_AUTH_AUDIENCE: string; CORE_AUTH_JWKS: string };
  /** Returns a token. By default it is valid for an hour and has every scope. */
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

/** The `authorization` header for a token. */
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
