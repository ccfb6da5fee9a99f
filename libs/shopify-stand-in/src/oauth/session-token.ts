import { createHash, createHmac, randomUUID } from 'node:crypto';

/**
 * The claims of a session token. Times in seconds since 1970.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/session-tokens ("Anatomy of a session
 * token").
 */
export interface SessionClaims {
  /** The shop's admin: https://{shop}/admin. */
  iss: string;
  /** https://{shop}. */
  dest: string;
  /** The client id of the app. */
  aud: string;
  /** The id of the merchant's user. */
  sub: string;
  exp: number;
  nbf: number;
  iat: number;
  jti: string;
  /** One per user and app. */
  sid: string;
  /** Shopify's own signature, which an app cannot check. */
  sig: string;
}

/** Values that replace Shopify's, to forge a token. */
export interface SessionTokenOverrides {
  /** A claim that is null or undefined is left out. */
  claims?: { [Name in keyof SessionClaims]?: unknown };
  /** `alg` also decides how the token is signed; with `none` its signature is empty. */
  header?: { alg?: string; typ?: string };
  secret?: string;
}

/** Source: .../session-tokens ("The lifetime of a session token is one minute"). */
const LIFETIME_S = 60;
export const DEFAULT_USER = '902541635';

interface Minted {
  shop: string;
  clientId: string;
  secret: string;
  nowMs: number;
}

export function mintSessionToken(
  { shop, clientId, secret, nowMs }: Minted,
  { claims: changed = {}, header: given = {}, secret: other = secret }: SessionTokenOverrides = {},
): string {
  const iat = Math.floor(nowMs / 1000);
  const sub = typeof changed.sub === 'string' ? changed.sub : DEFAULT_USER;
  const claims: SessionClaims = {
    iss: `https://${shop}/admin`,
    dest: `https://${shop}`,
    aud: clientId,
    sub,
    exp: iat + LIFETIME_S,
    nbf: iat,
    iat,
    jti: randomUUID(),
    sid: sessionId(shop, clientId, sub),
    sig: createHash('sha256').update(randomUUID()).digest('hex'),
  };
  const header = { alg: 'HS256', typ: 'JWT', ...given };
  const kept = Object.entries({ ...claims, ...changed }).filter(([, value]) => value != null);
  const signed = [header, Object.fromEntries(kept)].map(encode).join('.');
  return `${signed}.${signatureOf(signed, header.alg, other)}`;
}

export const sessionId = (shop: string, clientId: string, user: string): string =>
  createHash('sha256').update(`${shop}|${clientId}|${user}`).digest('hex');

const HASHES: Record<string, string> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/** Returns an empty signature for an algorithm without a shared secret. */
export function signatureOf(signed: string, algorithm: string, secret: string): string {
  const hash = HASHES[algorithm];
  return hash === undefined ? '' : createHmac(hash, secret).update(signed).digest('base64url');
}

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
