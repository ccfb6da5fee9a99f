import { randomBytes } from 'node:crypto';
import { parseKeyring, type Keyring } from '@core/crypto';
import { newSigningKey, type SigningKey } from '@core/testing';
import type { Role } from './options.ts';

/** The secrets that a deployment takes from its secret store. */
export interface Secrets {
  /** CORE_ENCRYPTION_KEYS: without it the stored emails are lost. */
  encryptionKeys: string;
  rolePasswords: Record<Exclude<Role, 'core_owner'>, string>;
  /** Signs the tokens of callers, as Auth does. */
  signingKey: SigningKey;
}

/** @param kept what an earlier start has; the rest is made */
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

/** @throws Error that names the secret */
export function keyringOf({ encryptionKeys }: Secrets): Keyring {
  try {
    return parseKeyring(encryptionKeys);
  } catch (error) {
    throw new Error(`secrets.encryptionKeys: ${(error as Error).message}`, { cause: error });
  }
}
