import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { newSecrets, type Secrets } from '@core/stack';

/** The secrets of a local stack, created at the first start and stored with its data. */
export interface LocalSecrets extends Secrets {
  /** The merchant of the tour. */
  merchantId: string;
}

/**
 * Reads <dir>/secrets.json (mode 600) and adds missing secrets: all of them at the first start, later those
 * that an older version did not have.
 */
export function localSecrets(dir: string): LocalSecrets {
  const file = join(dir, 'secrets.json');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '{}';
  const kept = JSON.parse(text) as Partial<LocalSecrets>;
  const encryptionKeys = `local-1:${randomBytes(32).toString('base64')}`;
  const secrets = { merchantId: randomUUID(), ...kept, ...newSecrets({ encryptionKeys, ...kept }) };
  const complete = JSON.stringify(secrets);
  if (complete !== text) {
    mkdirSync(dir, { recursive: true });
    writeFileSync(file, complete, { mode: 0o600 });
  }
  return secrets;
}
