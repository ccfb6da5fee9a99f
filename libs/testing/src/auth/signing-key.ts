import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  type webcrypto,
} from 'node:crypto';

/** The key with which an issuer signs tokens. It is plain JSON, so that it can be stored. */
export interface SigningKey {
  kid: string;
  alg: 'ES256' | 'EdDSA' | 'RS256' | 'PS256';
  privateKey: webcrypto.JsonWebKey;
}

export function newSigningKey(alg: SigningKey['alg'] = 'ES256'): SigningKey {
  const { privateKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid: randomUUID(), alg, privateKey: privateKey.export({ format: 'jwk' }) };
}

/** Returns the public keys in the format of CORE_AUTH_JWKS. */
export const jwksOf = (...keys: readonly SigningKey[]): string =>
  JSON.stringify({
    keys: keys.map(({ kid, alg, privateKey }) => ({
      ...createPublicKey({ key: privateKey, format: 'jwk' }).export({ format: 'jwk' }),
      kid,
      alg,
      use: 'sig',
    })),
  });

/** The claims that the platform's services send. merchant_id binds the token to that merchant. */
export interface TokenClaims {
  iss: string;
  aud: string;
  sub: string;
  /** Seconds since the epoch. */
  exp: number;
  /** Space-separated. */
  scope: string;
  merchant_id?: string;
}

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * Signs a JWT with any claims, including invalid ones.
 * @param header overrides the default header fields
 */
export function signToken(
  signer: SigningKey,
  claims: Partial<TokenClaims> | Record<string, unknown>,
  header: Record<string, unknown> = {},
): string {
  const text = `${part({ alg: signer.alg, kid: signer.kid, typ: 'JWT', ...header })}.${part(claims)}`;
  return `${text}.${signatureOf(signer, Buffer.from(text))}`;
}

/** A record to sign, as a producer holds it. */
export interface RecordToSign {
  topic: string;
  headers: Record<string, string>;
  value: string;
}

/**
 * Returns the `jws` header of a record, as a producer creates it. The signature covers the record's raw bytes
 * (RFC 7797); the protected header holds topic, id and source.
 * @param header replaces entries of the protected header; `b64: undefined` signs the payload in base64url
 */
export function signRecord(
  signer: SigningKey,
  { topic, headers, value }: RecordToSign,
  header: Record<string, unknown> = {},
): string {
  const all: Record<string, unknown> = {
    alg: signer.alg,
    kid: signer.kid,
    b64: false,
    crit: ['b64'],
    topic,
    id: headers['ce_id'],
    source: headers['ce_source'],
    iat: Math.floor(Date.now() / 1_000),
    ...header,
  };
  const head = part(all);
  const payload = all['b64'] === false ? value : Buffer.from(value).toString('base64url');
  return `${head}..${signatureOf(signer, Buffer.from(`${head}.${payload}`))}`;
}

function signatureOf({ alg, privateKey }: SigningKey, text: Buffer): string {
  const key = createPrivateKey({ key: privateKey, format: 'jwk' });
  const how = {
    ES256: { key, dsaEncoding: 'ieee-p1363' as const },
    EdDSA: key,
    RS256: key,
    // 6 is RSA_PKCS1_PSS_PADDING; the salt is as long as the digest.
    PS256: { key, padding: 6, saltLength: 32 },
  };
  const digest = alg === 'EdDSA' ? null : 'sha256';
  return sign(digest, text, how[alg]).toString('base64url');
}
