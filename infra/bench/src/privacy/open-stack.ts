import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import {
  createMerchantKeyStore,
  encryptEmail,
  parseKeyring,
  passphrase,
  type Keyring,
  type MerchantKeyStore,
} from '@core/crypto';
import {
  createPool,
  customers,
  insertSelect,
  int,
  inTransaction,
  migrateDatabase,
  runOn,
  statement,
  text,
  type Pool,
} from '@core/db';
import { openReadRouter, type ReadRouter } from '@core/reads';
import { createLogger } from '@core/runtime';
import { customerIdOf, merchantIdOf, postgresDir, startPostgres, workspaceRoot } from '@core/testing';
import { fromNumbered, numbered } from '../numbered-rows.ts';
import type { SuiteOptions } from '../suite.ts';

const log = createLogger('bench', 'silent');

/** All customers are one merchant's, so that one rotation goes over them all. */
export const MERCHANT = merchantIdOf(1);
/** New customers are another's, so that they do not come under the rotation. */
export const NEW_MERCHANT = merchantIdOf(2);

export interface PrivacyStack {
  /** As the api's role. */
  pool: Pool;
  /** As the api reads; there is no replica. */
  reads: ReadRouter;
  /** As the owner. */
  owner: Pool;
  ownerUrl: string;
  /** As the api's role. */
  apiUrl: string;
  keyring: Keyring;
  keys: MerchantKeyStore;
  databasePid: number;
}

/** A durable PostgreSQL with `customers` of one merchant, each with an encrypted email. */
export async function openPrivacyStack(
  dir: string,
  customers: number,
  { cleanUps, signal, say }: Pick<SuiteOptions, 'cleanUps' | 'signal' | 'say'>,
): Promise<PrivacyStack> {
  const postgres = await startPostgres({ dir: postgresDir(dir), replicas: 0, durable: true });
  cleanUps.add(() => postgres.stop());
  signal.throwIfAborted();
  const { primary } = postgres;
  const password = randomBytes(12).toString('hex');
  await migrateDatabase(primary.url, join(workspaceRoot(), 'libs/db/migrations'), { core_api: password });
  const env = {
    CORE_DB_HOST: '127.0.0.1',
    CORE_DB_PORT: primary.port,
    CORE_DB_NAME: 'core_db',
    CORE_DB_USER: 'core_api',
    CORE_DB_PASSWORD: password,
    CORE_DB_TLS: false,
    CORE_DB_POOL: 16,
    CORE_DB_POOLER: 'none' as const,
    CORE_DB_REPLICAS: [],
    CORE_DB_MAX_LAG_MS: 500,
    CORE_DB_HEDGE: false,
  };
  const ownerUrl = new URL(primary.url);
  const asOwner = { ...env, CORE_DB_USER: ownerUrl.username, CORE_DB_PASSWORD: ownerUrl.password };
  const pool = createPool(env, { app: 'bench', log });
  const owner = createPool(asOwner, { app: 'bench-owner', log });
  const reads = await openReadRouter({ env, app: 'bench', primary: pool, log });
  cleanUps.add(async () => {
    await reads.stop();
    await Promise.all([pool.end(), owner.end()]);
  });
  const keyring = parseKeyring(`k1:${randomBytes(32).toString('base64')}`);
  const keys = createMerchantKeyStore(keyring);
  const apiUrl = `postgresql://core_api:${password}@127.0.0.1:${primary.port}/core_db`;
  const databasePid = primary.child.pid;
  const stack = { pool, reads, owner, ownerUrl: primary.url, apiUrl, keyring, keys, databasePid };
  say(`encrypting the emails of ${customers} customers`);
  await seed(stack, customers, signal);
  return stack;
}

/** Rows of one statement: none may take longer than half a minute. */
const SEEDED = 50_000;

const ANALYZE = statement({ text: () => sql`analyze ${customers}` });

const SEED = statement({
  params: {
    merchantId: customers.merchantId,
    generation: text,
    passphrase: text,
    from: int,
    to: int,
    firstId: text,
  },
  text(p) {
    const { id } = numbered;
    const row = {
      id,
      merchantId: p.merchantId,
      email: encryptEmail({ ...p, customerId: id, email: sql`'person-' || k || '@example.com'` }),
      emailHash: sql`sha256(k::text::bytea)`,
      rfmScore: sql`'{"segment":"LOYAL","score":"344","recency":3,"frequency":4,"monetary":4,"as_of":"2026-01-02T03:04:05Z"}'::jsonb`,
      metadata: sql`'{"tier":"gold"}'::jsonb`,
    };
    return sql`${insertSelect(customers, row)} ${fromNumbered(p)}`;
  },
});

async function seed({ owner, keys }: PrivacyStack, customers: number, signal: AbortSignal): Promise<void> {
  const merchantKeys = await inTransaction(owner, (tx) => keys.findOrCreate(tx, MERCHANT));
  for (let from = 0; from < customers; from += SEEDED) {
    signal.throwIfAborted();
    await runOn(owner, SEED, {
      merchantId: MERCHANT,
      generation: String(merchantKeys.generation),
      passphrase: passphrase(merchantKeys),
      from,
      to: Math.min(customers, from + SEEDED) - 1,
      firstId: customerIdOf(0),
    });
  }
  await runOn(owner, ANALYZE);
}
