import { sql } from 'drizzle-orm';
import { encryptEmail, parseKeyring, passphrase, type Keyring, type MerchantKeyStore } from '@core/crypto';
import {
  customers,
  databaseEnv,
  insertSelect,
  int,
  inTransaction,
  runOn,
  statement,
  text,
  type Pool,
} from '@core/db';
import { openReadRouter, replicasEnv, type ReadRouter } from '@core/reads';
import { createLogger, readEnv } from '@core/runtime';
import { startStack, type Stack } from '@core/stack';
import { customerIdOf, merchantIdOf } from '@core/testing';
import { fromNumbered, numbered } from '../numbered-rows.ts';
import type { SuiteOptions } from '../suite.ts';

const log = createLogger('bench', 'silent');

/** The merchant of all seeded customers, so that one key rotation covers them all. */
export const MERCHANT = merchantIdOf(1);
/** The merchant of new customers, so that the rotation does not cover them. */
export const NEW_MERCHANT = merchantIdOf(2);

export interface PrivacyStack {
  stack: Stack;
  /** With the api's role. */
  pool: Pool;
  /** The api's read router; there is no replica. */
  reads: ReadRouter;
  /** With the owner's role. */
  owner: Pool;
  ownerUrl: string;
  keyring: Keyring;
  keys: MerchantKeyStore;
  databasePid: number;
}

/** Starts a durable PostgreSQL with `customers` customers of one merchant, each with an encrypted email. */
export async function openPrivacyStack(
  dir: string,
  customers: number,
  { stops, signal, say }: Pick<SuiteOptions, 'stops' | 'signal' | 'say'>,
): Promise<PrivacyStack> {
  const stack = stops.use(await startStack({ dir, postgres: { durable: true }, auth: {}, say, signal }));
  const pool = stack.pool('core_api', { max: 16 });
  const env = readEnv(
    { ...databaseEnv, ...replicasEnv },
    {
      ...stack.envOf('api'),
      CORE_DB_POOL: '16',
    },
  );
  const reads = await openReadRouter({ env, app: 'bench', primary: pool, log });
  stack.defer(() => reads.stop());
  const opened: PrivacyStack = {
    stack,
    pool,
    reads,
    owner: stack.pool('core_owner', { max: 16 }),
    ownerUrl: stack.database.urlFor('core_owner'),
    keyring: parseKeyring(stack.secrets.encryptionKeys),
    keys: stack.keys,
    databasePid: stack.postgres.primary.child.pid,
  };
  say(`encrypting the emails of ${customers} customers`);
  await seed(opened, customers, signal);
  return opened;
}

/** Rows per statement: no statement may take longer than half a minute. */
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
