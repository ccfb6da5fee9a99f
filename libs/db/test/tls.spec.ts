// tag: compliance
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  writeOwnedFile,
  makeCertificate,
  makeServicesDir,
  postgresDir,
  removeServicesDir,
  startPostgres,
  workspaceRoot,
  type Certificate,
  type Postgres,
} from '@core/testing';
import type { DatabaseEnv } from '../src/index.ts';

let dir: string;
let postgres: Postgres;
let authority: Certificate;
let untrusted: Certificate;
beforeAll(async () => {
  dir = makeServicesDir();
  authority = await makeCertificate(dir, 'authority', { cn: 'databases' });
  untrusted = await makeCertificate(dir, 'untrusted', { cn: 'databases' });
  const server = await makeCertificate(dir, 'server', { names: ['DNS:localhost'], by: authority });
  const [key, certificate] = [join(dir, 'given.key.pem'), join(dir, 'given.pem')];
  writeOwnedFile(key, readFileSync(server.key, 'utf8'));
  writeOwnedFile(certificate, readFileSync(server.certificate, 'utf8'));
  const rules = join(dir, 'pg_hba.conf');
  // As in production: an app without TLS is refused. The stack itself starts without TLS.
  const lines = [
    'hostssl all core_owner 127.0.0.1/32 scram-sha-256',
    'hostnossl all core_owner 127.0.0.1/32 reject',
  ];
  writeOwnedFile(rules, `${[...lines, 'host all all 127.0.0.1/32 scram-sha-256'].join('\n')}\n`);
  postgres = await startPostgres({
    dir: postgresDir(dir),
    settings: { ssl: 'on', ssl_key_file: key, ssl_cert_file: certificate, hba_file: rules },
  });
});
afterAll(async () => {
  await postgres.stop();
  removeServicesDir(dir);
});

interface Outcome {
  encrypted?: boolean;
  refused?: string;
}

/** Returns the outcome for an app that connects with this environment. */
async function connect(env: Partial<DatabaseEnv>, trusted?: Certificate): Promise<Outcome> {
  const { username, password, pathname } = new URL(postgres.primary.url);
  const whole: DatabaseEnv = {
    CORE_DB_HOST: 'localhost',
    CORE_DB_PORT: postgres.primary.port,
    CORE_DB_NAME: pathname.slice(1),
    CORE_DB_USER: username,
    CORE_DB_PASSWORD: decodeURIComponent(password),
    CORE_DB_POOL: 1,
    CORE_DB_POOLER: 'none' as const,
    CORE_DB_TLS: true,
    ...env,
  };
  const script = join(workspaceRoot(), 'libs/db/test/tls-client.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(whole)], {
    env: trusted ? { NODE_EXTRA_CA_CERTS: trusted.certificate } : {},
  });
  return JSON.parse(stdout) as Outcome;
}

describe('CORE_DB_TLS', () => {
  it('encrypts the connection to a server with a certificate of a trusted authority', async () => {
    expect(await connect({}, authority)).toEqual({ encrypted: true });
  });

  it('refuses a server with a certificate of another authority, even one of the same name', async () => {
    for (const trusted of [untrusted, undefined]) {
      expect((await connect({}, trusted)).refused).toMatch(/certificate/);
    }
  });

  it('refuses a server whose certificate is for another host', async () => {
    expect((await connect({ CORE_DB_HOST: '127.0.0.1' }, authority)).refused).toMatch(/127\.0\.0\.1/);
  });

  it('is needed for a server that requires TLS', async () => {
    expect((await connect({ CORE_DB_TLS: false }, authority)).refused).toMatch(/no encryption/);
  });
});
