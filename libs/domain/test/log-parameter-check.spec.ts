// tag: compliance
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Pool } from 'pg';
import { createMerchantKeyStore, parseKeyring, passphrase } from '@core/crypto';
import { assertSafeLogSettings, inTransaction, UnsafeLogSettings, migrateDatabase, readerOf } from '@core/db';
import {
  aMerchantId,
  endPool,
  makeServicesDir,
  postgresDir,
  removeServicesDir,
  startPostgres,
  waitUntil,
  workspaceRoot,
  type Postgres,
} from '@core/testing';
import {
  createCustomer,
  discloseEmails,
  findCustomerByEmail,
  rewrapMerchants,
  rotateMerchants,
  updateCustomer,
} from '../src/index.ts';

/** A separate cluster that logs every statement, as an operator configures it to find a slow one. */
const dir = makeServicesDir();
let postgres: Postgres;
let pool: Pool;
beforeAll(async () => {
  postgres = await startPostgres({
    dir: postgresDir(dir),
    settings: { log_statement: 'all', log_min_duration_statement: 0, log_error_verbosity: 'default' },
  });
  await migrateDatabase(postgres.primary.url, join(workspaceRoot(), 'libs/db/migrations'));
  pool = new Pool({ connectionString: postgres.primary.url, max: 4 });
});
afterAll(async () => {
  await endPool(pool);
  await postgres.stop();
  removeServicesDir(dir);
});

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;

/** Runs everything that handles emails and keys once. @returns the values that must not be logged, by name */
async function handleSecrets(): Promise<Map<string, Buffer | string>> {
  const merchantId = aMerchantId();
  const [first, second] = [key('first'), key('second')];
  const keyring = parseKeyring(first);
  const ctx = { caller: 'spec', requestId: randomUUID(), keys: createMerchantKeyStore(keyring) };
  const run = <T>(work: Parameters<typeof inTransaction<T>>[1]) => inTransaction(pool, work);
  const emails = [`${randomUUID()}@example.com`, `${randomUUID()}@example.com`] as const;
  const secrets = new Map<string, Buffer | string>(emails.map((email, n) => [`email ${n}`, email]));
  const noteKeys = async (when: string) => {
    const { rows } = await pool.query<{ generation: number; data_key: string; index_key: string }>(
      'select generation, data_key, index_key from merchant_keys where merchant_id = $1',
      [merchantId],
    );
    for (const { generation, data_key, index_key } of rows) {
      secrets.set(`wrapped data key ${generation} ${when}`, data_key);
      secrets.set(`wrapped index key ${generation} ${when}`, index_key);
      const { dataKey, indexKey } = await run((tx) => ctx.keys.ofGeneration(tx, merchantId, generation));
      secrets.set(`data key ${generation}`, dataKey);
      secrets.set(`index key ${generation}`, indexKey);
      expect(passphrase({ generation, dataKey, indexKey })).toBe(dataKey.toString('base64'));
    }
  };

  const { customerId } = await run((tx) => createCustomer(tx, ctx, { merchantId, email: emails[0] }));
  await noteKeys('at first');
  await run((tx) => updateCustomer(tx, ctx, { merchantId, customerId, email: emails[1] }));
  const found = await run((tx) => findCustomerByEmail(tx, ctx, { merchantId, email: emails[1] }));
  expect(await run((tx) => discloseEmails(tx, ctx, [found]))).toEqual(new Map([[customerId, emails[1]]]));
  // A separate setting logs the parameters of an error.
  const broken = { ...found, email: `1.${randomBytes(90).toString('base64')}` };
  expect(await run((tx) => discloseEmails(tx, ctx, [broken]))).toEqual(new Map([[customerId, null]]));
  await rotateMerchants({
    pool,
    keyring,
    keys: ctx.keys,
    actor: ctx,
    merchantId,
    keptMs: 0,
    signal: new AbortController().signal,
  });
  await noteKeys('after the rotation');
  const both = parseKeyring(`${second},${first}`);
  await run((tx) => rewrapMerchants(tx, ctx, { keyring: both, after: null, limit: 100 }));
  return secrets;
}

/**
 * Returns the secrets that the server's log contains, in any form that PostgreSQL or the client would write.
 */
async function findInLog(secrets: ReadonlyMap<string, Buffer | string>): Promise<string[]> {
  const marker = randomUUID();
  await pool.query(`select '${marker}'`);
  const log = await waitUntil(
    () => {
      const text = readFileSync(postgres.primary.child.logFile, 'utf8');
      return text.includes(marker) && text;
    },
    { what: 'the server to write its log' },
  );
  expect(log).toContain('pgp_sym_encrypt');
  const forms = (secret: Buffer | string): string[] => {
    const bytes = Buffer.from(secret);
    const text = typeof secret === 'string' ? [secret] : [];
    return [...text, bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')];
  };
  return [...secrets]
    .filter(([, secret]) => forms(secret).some((form) => log.toLowerCase().includes(form.toLowerCase())))
    .map(([what]) => what);
}

async function set(settings: Record<string, string>): Promise<void> {
  const admin = new Client(postgres.primary.adminUrl);
  await admin.connect();
  for (const [name, value] of Object.entries(settings))
    await admin.query(`alter system set ${name} = ${value}`);
  await admin.query('select pg_reload_conf()');
  await admin.end();
  for (const [name, value] of Object.entries(settings)) {
    await waitUntil(
      async () =>
        (await pool.query('select from pg_settings where name = $1 and setting = $2', [name, value]))
          .rowCount === 1,
      { what: `${name} to be ${value}` },
    );
  }
}

const warnings: string[] = [];
const log = { warn: (message: unknown) => void warnings.push(String(message)) } as never;
const start = (NODE_ENV: string) => {
  warnings.length = 0;
  return inTransaction(pool, (tx) => assertSafeLogSettings(tx, { NODE_ENV, log }));
};

it('keeps keys and emails out of the log of a server that logs every statement', async () => {
  await start('production');
  expect(warnings).toEqual([
    "PostgreSQL's log quotes rows in errors: log_error_verbosity is default; set it to terse to leave them out",
  ]);
  const secrets = await handleSecrets();
  expect(secrets.size).toBeGreaterThanOrEqual(10);
  expect(await findInLog(secrets)).toEqual([]);
});

it('finds keys and emails when the server logs parameters, and refuses to start in production', async () => {
  await set({ log_parameter_max_length: '-1' });
  const secrets = await handleSecrets();
  expect(await findInLog(secrets)).toEqual(
    expect.arrayContaining(['email 0', 'email 1', 'data key 1', 'wrapped data key 1 at first', 'data key 2']),
  );
  const refused = start('production');
  await expect(refused).rejects.toThrow(UnsafeLogSettings);
  await expect(refused).rejects.toThrow(/log_parameter_max_length is -1; set it to 0/);
  await start('development');
  expect(warnings).toEqual([expect.stringMatching(/^PostgreSQL's log may show keys and emails: /)]);

  await set({ log_parameter_max_length: '0', log_parameter_max_length_on_error: '64' });
  const onError = await handleSecrets();
  expect(await findInLog(onError)).toEqual(['data key 1']);
  await expect(start('production')).rejects.toThrow('log_parameter_max_length_on_error is 64');
  await set({ log_parameter_max_length_on_error: '0', log_error_verbosity: 'terse' });
  await start('production');
  expect(warnings).toEqual([]);
});

it('refuses auto_explain that logs parameters, where it is loaded', async () => {
  const admin = new Client(new URL(new URL(postgres.primary.url).pathname, postgres.primary.adminUrl).href);
  await admin.connect();
  await admin.query(`load 'auto_explain'`);
  const reader = readerOf(async (text, values) => (await admin.query(text, values)).rows);
  const started = () => assertSafeLogSettings(reader, { NODE_ENV: 'production', log });
  await expect(started()).rejects.toThrow('auto_explain.log_parameter_max_length is -1');
  await admin.query('set auto_explain.log_parameter_max_length = 0');
  await started();
  await admin.end();
});
