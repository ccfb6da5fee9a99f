import type { PoolClient, QueryResultRow } from 'pg';
import { backoff, pause } from '@core/runtime';
import type { Pool } from './pool.ts';

/** What a query needs: one statement with its parameters, rows back. */
export interface Reader {
  query<R extends QueryResultRow>(text: string, values?: unknown[]): Promise<R[]>;
}

/**
 * An open transaction. Drizzle owns the schema and its migrations; statements are written by hand, because
 * most of them are one unnest or CTE that does the work of several, which no query builder says as plainly.
 */
export interface Tx extends Reader {
  /** Runs after COMMIT has succeeded, for caches: a value of a rolled-back transaction must not stay. */
  onCommit(action: () => void): void;
}

export interface TransactionOptions {
  signal?: AbortSignal;
}

/** The write's position in the WAL: a replica that has replayed it shows the write. */
export interface Committed<T> {
  result: T;
  consistencyToken: string;
}

/**
 * Serialization failure, deadlock, and unique violation: every INSERT of ours says ON CONFLICT, so the
 * last one can only be an UPDATE that lost a race for a key, and run anew it sees the winner.
 */
const RETRIED = ['40001', '40P01', '23505'];
const MOST_ATTEMPTS = 6;

/**
 * Runs `work` in one transaction, anew when PostgreSQL says that it lost a race.
 * Own code rather than drizzle's `transaction()`, which leaks the pool's slot when BEGIN fails and gives
 * dead clients back to the pool (drizzle-orm #6341, #6241).
 * @throws whatever `work` throws, after ROLLBACK
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return (await runTransaction(pool, work, options, async (_client, result) => result)) as T;
}

/** As inTransaction, with the token by which a replica read can be made to see this write. */
export async function inTransactionWithToken<T>(
  pool: Pool,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<Committed<T>> {
  return runTransaction(pool, work, options, async (client, result) => {
    // Read after COMMIT returned: before it, the position could lie in front of the commit record.
    const { rows } = await client.query<{ lsn: string }>('select pg_current_wal_lsn()::text as lsn');
    return { result, consistencyToken: rows[0]?.lsn ?? '' };
  });
}

async function runTransaction<T, R>(
  pool: Pool,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions,
  afterCommit: (client: PoolClient, result: T) => Promise<R>,
): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      return await attemptOnce(pool, work, afterCommit);
    } catch (error) {
      const code = (error as { code?: string }).code ?? '';
      if (attempt >= MOST_ATTEMPTS || !RETRIED.includes(code)) throw error;
      await pause(backoff(attempt, 5, 200), options.signal);
    }
  }
}

async function attemptOnce<T, R>(
  pool: Pool,
  work: (tx: Tx) => Promise<T>,
  afterCommit: (client: PoolClient, result: T) => Promise<R>,
): Promise<R> {
  const client = await pool.connect();
  const committed: (() => void)[] = [];
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(asTx(client, committed));
    await client.query('commit');
    for (const action of committed) action();
    return await afterCommit(client, result);
  } catch (error) {
    // ROLLBACK after a failed BEGIN or COMMIT is harmless; when it fails too the connection is gone.
    await client.query('rollback').catch((cause: Error) => (broken = cause));
    throw error;
  } finally {
    client.release(broken);
  }
}

const asTx = (client: PoolClient, committed: (() => void)[]): Tx => ({
  query: async <R extends QueryResultRow>(text: string, values?: unknown[]) =>
    (await client.query<R>(text, values)).rows,
  onCommit: (action) => void committed.push(action),
});

/** Thrown by a command that saw a row change under it: the transaction runs anew. */
export class RaceLost extends Error {
  override name = 'RaceLost';
  readonly code = '40001';
}
