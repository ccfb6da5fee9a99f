import type { PoolClient, QueryConfig, QueryResultRow } from 'pg';
import type { MerchantId } from '@core/contracts';
import {
  beginStatementFor,
  isConnectionLoss,
  keepsStatements,
  NodeLost,
  socketsOf,
  type Pool,
} from '@core/db';

export interface RunOptions {
  name?: string | undefined;
  /** The merchant whose rows the statement may see; without it only rows that a function returns. */
  merchantId?: MerchantId | undefined;
}

/** One server that can execute reads. */
export interface ReadNode {
  /** host:port, for logs and metrics. */
  readonly name: string;
  readonly kind: 'primary' | 'replica';
  /** Statements in progress or waiting for a connection. */
  readonly load: number;
  /** @param options.name see Reader.query */
  run<R extends QueryResultRow>(text: string, values?: unknown[], options?: RunOptions): Promise<R[]>;
  /**
   * Fails all statements in progress with a NodeLost and drops all connections: the node hangs, or the path
   * to it is lost, and then the idle connections are lost too.
   */
  abandon(): void;
}

interface Attempt {
  abandoned: boolean;
  fail(error: Error): void;
  /** Set while the attempt holds a connection. */
  release?: (error?: Error) => void;
}

/**
 * Creates a node that checks out its own connections. Rejected: `pool.query`. It drops the connection on
 * every SQL error, and a statement that a frozen server never answers would hold its caller and its
 * connection forever.
 */
export function createReadNode(name: string, kind: ReadNode['kind'], pool: Pool): ReadNode {
  const inProgress = new Set<Attempt>();
  const keeps = keepsStatements(pool);

  const answer = async <R extends QueryResultRow>(attempt: Attempt, query: QueryConfig, begin?: string) => {
    const client = await pool.connect();
    attempt.release = (error) => {
      delete attempt.release;
      client.release(error);
    };
    try {
      if (attempt.abandoned) throw new NodeLost(`${name} was abandoned`);
      const { rows } = await (begin ? inOneTrip<R>(client, begin, query) : client.query<R>(query));
      attempt.release?.();
      return rows;
    } catch (error) {
      const isSound = !isConnectionLoss(error) && client.getTransactionStatus() === 'I';
      attempt.release?.(isSound ? undefined : (error as Error));
      throw error;
    }
  };

  return {
    name,
    kind,
    get load() {
      return inProgress.size;
    },
    async run<R extends QueryResultRow>(
      text: string,
      values?: unknown[],
      { name, merchantId }: RunOptions = {},
    ) {
      const begin =
        merchantId === undefined ? undefined : beginStatementFor(pool, merchantId, 'begin read only');
      const { promise: abandoned, reject } = Promise.withResolvers<never>();
      const attempt: Attempt = { abandoned: false, fail: reject };
      inProgress.add(attempt);
      try {
        return await Promise.race([
          answer<R>(attempt, { text, ...(values && { values }), ...(keeps && name && { name }) }, begin),
          abandoned,
        ]);
      } finally {
        inProgress.delete(attempt);
      }
    },
    abandon() {
      for (const attempt of inProgress) {
        const error = new NodeLost(`${name} was abandoned`);
        attempt.abandoned = true;
        attempt.fail(error);
        attempt.release?.(error);
      }
      socketsOf(pool)?.cut(new NodeLost(`${name} was abandoned`));
    },
  };
}

/**
 * Runs a transaction of one statement in one round trip. The merchant setting cannot outlive the transaction:
 * COMMIT is sent before any answer is read, and it ends a failed transaction as ROLLBACK does. If BEGIN
 * fails, the statement runs without a merchant, which shows it no rows, and its result is discarded.
 */
async function inOneTrip<R extends QueryResultRow>(client: PoolClient, begin: string, query: QueryConfig) {
  const [begun, read, ended] = await Promise.allSettled([
    client.query(begin),
    client.query<R>(query),
    client.query('commit'),
  ]);
  if (begun.status === 'rejected') throw begun.reason;
  if (read.status === 'rejected') throw read.reason;
  if (ended.status === 'rejected') throw ended.reason;
  return read.value;
}
