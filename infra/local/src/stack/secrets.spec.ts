import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localSecrets } from './secrets.ts';

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'core-secrets-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it('creates the secrets once, in a file that only its owner can read', () => {
  const secrets = localSecrets(join(dir, 'stack'));
  expect(localSecrets(join(dir, 'stack'))).toEqual(secrets);
  expect(statSync(join(dir, 'stack/secrets.json')).mode & 0o777).toBe(0o600);
});

it('keeps the secrets of an older version, and adds the missing ones', () => {
  const old = {
    encryptionKeys: 'local-1:AAAA',
    rolePasswords: { core_api: 'a', core_worker: 'b' },
    merchantId: '018f4e1c-0000-7000-8000-00000000000a',
  };
  const file = join(dir, 'secrets.json');
  writeFileSync(file, JSON.stringify(old));
  const secrets = localSecrets(dir);
  expect(secrets).toMatchObject({ ...old, signingKey: { alg: 'ES256' } });
  expect(secrets.rolePasswords.core_importer).toBeTruthy();
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(secrets);
  expect(localSecrets(dir)).toEqual(secrets);
});
