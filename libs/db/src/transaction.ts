import type { PoolClient, QueryResultRow } from 'pg';
import type { MerchantId } from '@core/contracts';
import { backoff, pause } from '@core/runtime';
import { notify } from './notify.ts';
import { isConnectionLoss } from './connection-loss.ts';
import { beginStatementFor } from './merchant-setting.ts';
import { NodeReplaced } from './node-sockets.ts';
import { ANSWER_MARGIN_MS, type Pool } from './pool.ts';
import { keepsStatements } from './pooler.ts';
import { readerOf, type Reader } from './reader.ts';
import { WRITE_POSITION_SQL } from './write-position.ts';

/** An open transaction. */
export interface Tx extends Reader {
  /**
   * Registers an action that runs after COMMIT has succeeded. For caches: a value of a rolled-back
   * transaction must not stay in them.
   */
  onCommit(action: () => void): void;
  /**
   * Notifies those that LISTEN on the channel soon after COMMIT, and never after a rollback. It is only a
   * hint and may be lost, so a listener must also poll.
   */
  notify(channel: string): void;
  /**
   * Sets the time limit of each statement until the end of the transaction, instead of the pool's limit. The
   * server and the client must agree: after a SET alone the client would drop the answer of a longer
   * statement.
   * @param minutes 0: no limit
   */
  allowStatements(minutes: number): Promise<void>;
  /**
   * Lets the following statements return the rows of a page in the order of its index. Without statistics of
   * merchants PostgreSQL expects few rows, and would collect and sort all of the merchant's for each page.
   */
  readInIndexOrder(): Promise<void>;
}

export interface TransactionOptions {
  signal?: AbortSignal;
  /**
   * The merchant whose rows it may see and write. The role core_api sees no rows without one; the other roles
   * work across merchants.
   */
  merchantId?: MerchantId;
}

/** The result of a write and its token: a replica that has replayed that position shows the write. */
export interface Committed<T> {
  result: T;
  /** Empty when the connection was lost between COMMIT and the query for it. */
  consistencyToken: string;
}

/**
 * Serialization failure, deadlock, and unique violation. Every INSERT of ours has ON CONFLICT, so a unique
 * violation can only be an UPDATE that lost a race for a key. When it runs again, it sees the winner.
 */
const RETRIED = ['40001', '40P01', '23505'];
/** Six attempts were too few for six pages of the same people beside forty creates, on a busy machine. */
const MAX_ATTEMPTS = 10;

/**
 * Runs `work` in one transaction. It retries when PostgreSQL reports a lost race, or when the connection is
 * lost before COMMIT was sent: then nothing was written. After COMMIT was sent the outcome is unknown, and
 * the caller receives the error. Own code rather than drizzle's `transaction()`, which leaks the pool's slot
 * when BEGIN fails and returns dead clients to the pool (drizzle-orm #6341, #6241).
 * @throws whatever `work` throws, after ROLLBACK
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return (await runTransaction(pool, work, options, async () => undefined)).result;
}

/** Like inTransaction, but also returns the token with which a read from a replica sees this write. */
export async function inTransactionWithToken<T>(
  pool: Pool,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions = {},
): Promise<Committed<T>> {
  // Read after COMMIT has returned: an earlier position could be smaller than that of the commit record.
  const { result, after } = await runTransaction(pool, work, options, async (client) => {
    const { rows } = await client.query<{ token: string }>(WRITE_POSITION_SQL);
    return rows[0]?.token;
  });
  return { result, consistencyToken: after ?? '' };
}

type AfterCommit<R> = (client: PoolClient) => Promise<R>;

async function runTransaction<T, R>(
  pool: Pool,
  work: (tx: Tx) => Promise<T>,
  options: TransactionOptions,
  afterCommit: AfterCommit<R>,
): Promise<{ result: T; after: R | undefined }> {
  const begin = beginStatementFor(pool, options.merchantId, 'begin');
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    const client = await connect(pool);
    const outcome = await attemptOnce(pool, client, begin, work, afterCommit);
    if ('result' in outcome) return outcome;
    if (attempt >= MAX_ATTEMPTS || !outcome.mayRetry) throw outcome.error;
    await pause(backoff(attempt, 5, 200), options.signal);
  }
}

/**
 * Returns a client of the pool. If the pool cannot connect, the write fails at once: retrying here would not
 * help. But when the primary is replaced, the connections that are being opened are cut as well, and the next
 * one leads to the server that answers.
 */
const connect = (pool: Pool): Promise<PoolClient> =>
  pool.connect().catch((error: unknown) => {
    if (error instanceof NodeReplaced) return pool.connect();
    throw error;
  });

async function attemptOnce<T, R>(
  pool: Pool,
  client: PoolClient,
  begin: string,
  work: (tx: Tx) => Promise<T>,
  afterCommit: AfterCommit<R>,
): Promise<{ result: T; after: R | undefined } | { error: unknown; mayRetry: boolean }> {
  const committed: (() => void)[] = [];
  let commitSent = false;
  let broken: Error | undefined;
  try {
    await client.query(begin);
    const result = await work(asTx(pool, client, committed));
    commitSent = true;
    await client.query('commit');
    for (const action of committed) action();
    // The transaction is committed: a failure from here on must not look like a failed write.
    const after = await afterCommit(client).catch((error: Error) => {
      broken = error;
      return undefined;
    });
    return { result, after };
  } catch (error) {
    // A lost connection is closed, and the server rolls back; a ROLLBACK might wait for an answer that never
    // comes. A primary that has become a standby keeps its connections: all must be closed before a new one
    // leads to the right server.
    if (isConnectionLoss(error)) broken = error as Error;
    // After a failed BEGIN or COMMIT the ROLLBACK is harmless; when it fails too, the connection is lost.
    else await client.query('rollback').catch((cause: Error) => (broken = cause));
    const lostRace = RETRIED.includes((error as { code?: string } | null)?.code ?? '');
    return { error, mayRetry: lostRace || (isConnectionLoss(error) && !commitSent) };
  } finally {
    client.release(broken);
  }
}

function asTx(pool: Pool, client: PoolClient, committed: (() => void)[]): Tx {
  let limit: { query_timeout?: number } = {};
  const keeps = keepsStatements(pool);
  const ask = async <R extends QueryResultRow>(text: string, values?: unknown[], name?: string) =>
    (await client.query<R>({ ...(keeps && name !== undefined && { name }), text, values, ...limit })).rows;
  return {
    ...readerOf(ask),
    onCommit: (action) => void committed.push(action),
    notify: (channel) => void committed.push(() => notify(pool, channel)),
    async allowStatements(minutes) {
      const ms = minutes * 60_000;
      await client.query(`set local statement_timeout = ${ms}`);
      limit = { query_timeout: ms === 0 ? LONGEST_TIMER_MS : ms + ANSWER_MARGIN_MS };
    },
    async readInIndexOrder() {
      await client.query('set local enable_bitmapscan = off');
    },
  };
}

/** The longest timeout of a Node timer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Thrown by a command that found a row changed concurrently: the transaction runs again. */
export class RaceLost extends Error {
  override name = 'RaceLost';
  readonly code = '40001';
}
