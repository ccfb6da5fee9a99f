import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';

/** What a deployment would get from its secret store; here made at the first start and kept with the data. */
export interface Secrets {
  /** CORE_ENCRYPTION_KEYS: without it the stored emails are lost. */
  encryptionKeys: string;
  rolePasswords: { core_api: string; core_worker: string; core_importer: string };
  /** The merchant of the tour. */
  merchantId: string;
}

/** Reads <dir>/secrets.json (mode 600), made when absent. */
export function localSecrets(dir: string): Secrets {
  const file = join(dir, 'secrets.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Secrets;
  const password = () => randomBytes(18).toString('base64url');
  const secrets: Secrets = {
    encryptionKeys: `local-1:${randomBytes(32).toString('base64')}`,
    rolePasswords: { core_api: password(), core_worker: password(), core_importer: password() },
    merchantId: randomUUID(),
  };
  mkdirSync(dir, { recursive: true });
  writeFileSync(file, JSON.stringify(secrets), { mode: 0o600 });
  return secrets;
}
