import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  type webcrypto,
} from 'node:crypto';

/** The key that an issuer signs tokens with; plain JSON, to be kept. */
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

/** The public halves, as CORE_AUTH_JWKS takes them. */
export const jwksOf = (...keys: readonly SigningKey[]): string =>
  JSON.stringify({
    keys: keys.map(({ kid, alg, privateKey }) => ({
      ...createPublicKey({ key: privateKey, format: 'jwk' }).export({ format: 'jwk' }),
      kid,
      alg,
      use: 'sig',
    })),
  });

/** The claims of the platform's services about themselves; merchant_id binds the token to that merchant. */
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
 * Signs a JWT of any claims, also of wrong ones.
 * @param header put over the key's own
 */
export function signToken(
  signer: SigningKey,
  claims: Partial<TokenClaims> | Record<string, unknown>,
  header: Record<string, unknown> = {},
): string {
  const text = `${part({ alg: signer.alg, kid: signer.kid, typ: 'JWT', ...header })}.${part(claims)}`;
  return `${text}.${signatureOf(signer, Buffer.from(text))}`;
}

/** A record to be signed, in the form that a producer has. */
export interface RecordToSign {
  topic: string;
  headers: Record<string, string>;
  value: string;
}

/**
 * The `jws` header of a record, as a producer creates it: over its bytes (RFC 7797), with topic, id and
 * source in the protected header.
 * @param header replaces entries of the protected header; `b64: undefined` for a payload in base64url
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
    // RSA_PKCS1_PSS_PADDING, and a salt as long as the digest.
    PS256: { key, padding: 6, saltLength: 32 },
  };
  const digest = alg === 'EdDSA' ? null : 'sha256';
  return sign(digest, text, how[alg]).toString('base64url');
}
