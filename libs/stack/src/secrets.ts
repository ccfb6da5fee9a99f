import { randomBytes } from 'node:crypto';
import { parseKeyring, type Keyring } from '@core/crypto';
import { newSigningKey, type SigningKey } from '@core/testing';
import type { Role } from './options.ts';

/** The secrets that a deployment reads from its secret store. */
export interface Secrets {
  /** The value of CORE_ENCRYPTION_KEYS. Without it, the stored emails are lost. */
  encryptionKeys: string;
  rolePasswords: Record<Exclude<Role, 'core_owner'>, string>;
  /** The key that signs the tokens of callers, in place of Auth's. */
  signingKey: SigningKey;
}

/** Returns the kept secrets and generates the missing ones. @param kept the secrets of an earlier start */
export function newSecrets(kept: Partial<Secrets> = {}): Secrets {
  const password = () => randomBytes(18).toString('base64url');
  return {
    encryptionKeys: `k1:${randomBytes(32).toString('base64')}`,
    signingKey: newSigningKey(),
    ...kept,
    rolePasswords: {
      core_api: password(),
      core_worker: password(),
      core_importer: password(),
      core_sealer: password(),
      ...kept.rolePasswords,
    },
  };
}

/** Parses the encryption keys. @throws Error that names the secret */
export function keyringOf({ encryptionKeys }: Secrets): Keyring {
  try {
    return parseKeyring(encryptionKeys);
  } catch (error) {
    throw new Error(`secrets.encryptionKeys: ${(error as Error).message}`, { cause: error });
  }
}
