import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { newSigningKey, type SigningKey } from '@core/testing';

/** What a deployment would get from its secret store; here made at the first start and kept with the data. */
export interface Secrets {
  /** CORE_ENCRYPTION_KEYS: without it the stored emails are lost. */
  encryptionKeys: string;
  rolePasswords: { core_api: string; core_worker: string; core_importer: string; core_sealer: string };
  /** The merchant of the tour. */
  merchantId: string;
  /** What tokens of callers are signed with, as Auth would. */
  signingKey: SigningKey;
}

/** Reads <dir>/secrets.json (mode 600) and makes what it lacks: all of it, or what an older version did not know. */
export function localSecrets(dir: string): Secrets {
  const file = join(dir, 'secrets.json');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
  const kept = JSON.parse(text) as Partial<Secrets>;
  const password = () => randomBytes(18).toString('base64url');
  const secrets: Secrets = {
    encryptionKeys: `local-1:${randomBytes(32).toString('base64')}`,
    merchantId: randomUUID(),
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
  const complete = JSON.stringify(secrets);
  if (complete !== text) {
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, complete, { mode: 0o600 });
  }
  return secrets;
}
