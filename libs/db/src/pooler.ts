import type { Pool } from 'pg';
import { within } from '@core/runtime';
import { pidOf } from './backend-pid.ts';
import { transactionSettings, settingsOf, type Settings } from './connection-config.ts';
import { WrongPooler } from './wrong-pooler.ts';

/** The unit to which a pooler between an app and PostgreSQL assigns a server connection. */
export const POOLERS = ['none', 'session', 'transaction'] as const;
export type Pooler = (typeof POOLERS)[number];

/**
 * How transactions begin behind a pooler in transaction mode. It keeps nothing from one transaction to the
 * next, so each transaction sets what a connection otherwise sets once.
 */
interface Pooling {
  begin: string;
  'begin read only': string;
}
const poolings = new WeakMap<Pool, Pooling>();

export function poolTransactions(pool: Pool, settings: Settings): void {
  const begin = (access: string) =>
    `begin isolation level read committed, ${access}, not deferrable; ${settingsOf(transactionSettings(settings), true)}`;
  poolings.set(pool, { begin: begin('read write'), 'begin read only': begin('read only') });
}

/** Returns the SQL with which each transaction of the pool begins. */
export function beginStatement(pool: Pool, begin: 'begin' | 'begin read only'): string {
  const pooling = poolings.get(pool);
  return pooling ? pooling[begin] : begin;
}

/**
 * Returns whether a statement may stay prepared under its name. pgbouncer supports names since 1.21, where
 * max_prepared_statements allows it. An unnamed statement is planned at each call and works with any pooler.
 */
export const keepsStatements = (pool: Pool): boolean => !poolings.has(pool);

/** The number of checks for a changed server connection. */
const ATTEMPTS = 5;
/**
 * How long to wait for a second client, in ms: a session pooler with a single server connection never
 * provides one.
 */
const SECOND_MS = 2_000;

/**
 * Checks that the pooler has the mode that CORE_DB_POOLER names, and that the timeouts apply behind it. A
 * connection itself detects a pooler where none is expected.
 * @throws WrongPooler naming what to set
 */
export async function assertPooling(pool: Pool, pooler: Pooler): Promise<void> {
  if (pooler === 'session') await assertSessions(pool);
  if (pooler === 'transaction') await assertTransactions(pool);
}

/**
 * Checks that the first client keeps its server connection while a second client is in a transaction. If it
 * does not, it never had one.
 */
async function assertSessions(pool: Pool): Promise<void> {
  const first = await pool.connect();
  try {
    const own = await pidOf(first);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const connecting = pool.connect();
      const second = await within(SECOND_MS, connecting);
      if (!second) {
        connecting.then((late) => late.release(true)).catch(() => undefined);
        return;
      }
      try {
        await second.query('begin');
        const other = await pidOf(second);
        if (other === own || (await pidOf(first)) !== own) {
          throw new WrongPooler(
            'the pooler at CORE_DB_HOST assigns a server connection per transaction; set CORE_DB_POOLER to ' +
              'transaction, or pool_mode of pgbouncer to session',
          );
        }
        await second.query('commit');
        second.release();
      } catch (error) {
        second.release(true);
        throw error;
      }
    }
  } finally {
    first.release();
  }
}

/**
 * Checks that the role has timeouts: statements outside of a transaction have no other limits than those of
 * the role.
 */
async function assertTransactions(pool: Pool): Promise<void> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const { rows } = await client.query<{ role: string; names: string[] }>(
      `select current_user as role, array(
         select name from unnest(array['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) as name
          where current_setting(name) = '0') as names`,
    );
    await client.query('commit');
    const { role, names = [] } = rows[0] ?? {};
    if (names.length > 0) {
      throw new WrongPooler(
        `the role ${role} has no ${names.join(', ')}, and a pooler in transaction mode drops those of connections; ` +
          'run `npm run ops -- migrate`, which sets them for the role, then make the pooler reconnect (RECONNECT)',
      );
    }
  } catch (error) {
    broken = error as Error;
    if (!/statement pooling/.test(broken.message)) throw error;
    throw new WrongPooler(
      'the pooler at CORE_DB_HOST assigns a server connection per statement, which allows no transaction; set pool_mode ' +
        'of pgbouncer to transaction or session',
    );
  } finally {
    client.release(broken);
  }
}
