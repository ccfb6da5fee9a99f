import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Wraps and unwraps merchants' keys; a KMS or Vault transit fits the same two calls. */
export interface Keyring {
  readonly currentId: string;
  /** The ids of all its keys, the current one first. */
  readonly ids: readonly string[];
  /** `context` is bound to the result: opening it under another one fails. */
  wrap(key: Buffer, context: string): string;
  /** @throws KeyringError when the keyring key is unknown or another one, or the value was changed */
  unwrap(wrapped: string, context: string): Buffer;
}

/** A value or a key that does not open. */
export class KeyError extends Error {
  override name = 'KeyError';
}

/** A merchant's keys do not open by the keyring. An operator may mend it, while what any other KeyError is about is lost. */
export class KeyringError extends KeyError {}

/**
 * @param spec `id:base64,id:base64`: 32 bytes each, the first one wraps, all of them unwrap
 * @throws KeyError naming what is wrong, without the key; for CORE_ENCRYPTION_KEYS readEnv finds it before
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
        throw new KeyringError(`key ${id} is not in CORE_ENCRYPTION_KEYS; add it behind the current one`);
      try {
        return decrypt(key, wrapped.slice(id.length + 1), context);
      } catch (cause) {
        const why = `key ${id} of CORE_ENCRYPTION_KEYS does not open a merchant's keys: it is another key, or they were changed`;
        throw new KeyringError(why, { cause });
      }
    },
  };
}

/**
 * Keys for another purpose, one for each key of the keyring and in its order: HKDF-SHA-256 with `info`. A
 * leaked one reveals nothing of the keyring.
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
    if (!id || !encoded) throw new KeyError('must read id:base64,id:base64');
    const key = Buffer.from(encoded, 'base64');
    if (key.length !== 32) throw new KeyError(`key ${id} must have 32 bytes, has ${key.length}`);
    if (keys.has(id)) throw new KeyError(`key ${id} is there twice`);
    keys.set(id, key);
  }
  return keys;
}

const NONCE = 12;
const TAG = 16;

/** AES-256-GCM as base64 of nonce, tag, ciphertext; `context` is authenticated with it. */
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
    throw new KeyError('encrypted value does not open: it was changed, or belongs to another key or place');
  }
}
