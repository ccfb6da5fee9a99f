import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Wraps and unwraps merchants' keys; a KMS or Vault's transit engine could implement the same two calls. */
export interface Keyring {
  readonly currentId: string;
  /** The ids of all its keys, the current one first. */
  readonly ids: readonly string[];
  /** `context` is bound to the result: unwrapping with another context fails. */
  wrap(key: Buffer, context: string): string;
  /** @throws KeyringError when the keyring lacks the key or has a different one, or the value was changed */
  unwrap(wrapped: string, context: string): Buffer;
}

/** A value or key that cannot be decrypted, or a keyring that cannot be parsed. */
export class KeyError extends Error {
  override name = 'KeyError';
}

/**
 * The keyring cannot unwrap a merchant's keys. An operator may be able to fix that, while any other KeyError
 * means that the value is lost.
 */
export class KeyringError extends KeyError {}

/**
 * Parses a keyring.
 * @param spec `id:base64,id:base64`, 32 bytes each; the first key wraps, all of them unwrap
 * @throws KeyError that names the problem without the key; for CORE_ENCRYPTION_KEYS readEnv reports it at
 * startup
 */
export function parseKeyring(spec: string): Keyring {
  const keys = parseKeys(spec);
  const [[currentId, currentKey]] = [...keys] as [[string, Buffer]];
  return {
    currentId,
    ids: [...keys.keys()],
    wrap: (key, context) => `${currentId}.${encrypt(currentKey, key, context)}`,
    unwrap: (wrapped, context) => {
      const id = wrapped.slice(0, wrapped.indexOf('.'));
      const key = keys.get(id);
      if (!key)
        throw new KeyringError(`key ${id} is not in CORE_ENCRYPTION_KEYS; add it after the current one`);
      try {
        return decrypt(key, wrapped.slice(id.length + 1), context);
      } catch (cause) {
        const why = `key ${id} of CORE_ENCRYPTION_KEYS cannot unwrap a merchant's keys: it is a different key, or they were changed`;
        throw new KeyringError(why, { cause });
      }
    },
  };
}

/**
 * Derives keys for another purpose with HKDF-SHA-256 and `info`: one for each key of the keyring, in its
 * order. A leaked derived key reveals nothing about the keyring.
 * @throws KeyError as parseKeyring
 */
export const deriveKeys = (spec: string, info: string): [Buffer, ...Buffer[]] =>
  [...parseKeys(spec).values()].map((key) => Buffer.from(hkdfSync('sha256', key, '', info, 32))) as [
    Buffer,
    ...Buffer[],
  ];

function parseKeys(spec: string): Map<string, Buffer> {
  const keys = new Map<string, Buffer>();
  for (const part of spec.split(',')) {
    const [, id, encoded] = /^([\w-]{1,32}):([A-Za-z0-9+/=]+)$/.exec(part.trim()) ?? [];
    if (!id || !encoded) throw new KeyError('must have the form id:base64,id:base64');
    const key = Buffer.from(encoded, 'base64');
    if (key.length !== 32) throw new KeyError(`key ${id} must have 32 bytes, but has ${key.length}`);
    if (keys.has(id)) throw new KeyError(`key ${id} is listed twice`);
    keys.set(id, key);
  }
  return keys;
}

const NONCE = 12;
const TAG = 16;

/**
 * Encrypts with AES-256-GCM to base64 of nonce, tag and ciphertext; `context` is authenticated with the
 * value.
 */
export function encrypt(key: Buffer, plain: Buffer, context: string): string {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
}

/** @throws KeyError when the value was changed, or belongs to another key or context */
export function decrypt(key: Buffer, encrypted: string, context: string): Buffer {
  const bytes = Buffer.from(encrypted, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE))
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
    return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]);
  } catch {
    throw new KeyError(
      'encrypted value cannot be decrypted: it was changed, or belongs to another key or context',
    );
  }
}
