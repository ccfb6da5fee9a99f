import type { QueryResultRow } from 'pg';
import type { Logger } from '@core/runtime';
import type { Pool } from './pool.ts';
import type { Reader } from './transaction.ts';

/** How fresh a read must be. */
export type Consistency =
  | { kind: 'minimize_latency' }
  /** Nothing older than the write that returned `token`. */
  | { kind: 'at_least'; token: string }
  | { kind: 'strong' };

export interface ReadRouter {
  /** A reader for one request; each of its statements goes to a node that satisfies `consistency`. */
  reader(consistency: Consistency): Reader;
}

/** Form of a consistency token: a WAL position of the primary. */
export const CONSISTENCY_TOKEN = /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/;

/**
 * Spreads reads over the replicas in turn. A replica that fails, or that has not replayed the token,
 * is passed over for this statement; the primary answers last.
 */
export function createReadRouter(options: {
  primary: Pool;
  replicas: readonly Pool[];
  log: Logger;
  /** Told which kind of node answered, for the metrics. */
  onRead?: (node: 'primary' | 'replica') => void;
}): ReadRouter {
  const { primary, replicas, log, onRead = () => undefined } = options;
  let turn = 0;
  const inTurn = (): readonly Pool[] => {
    if (replicas.length === 0) return [];
    const start = turn++ % replicas.length;
    return [...replicas.slice(start), ...replicas.slice(0, start)];
  };

  const query = async <R extends QueryResultRow>(
    consistency: Consistency,
    text: string,
    values?: unknown[],
  ): Promise<R[]> => {
    if (consistency.kind !== 'strong') {
      for (const replica of inTurn()) {
        try {
          if (consistency.kind === 'at_least' && !(await hasReplayed(replica, consistency.token))) continue;
          const { rows } = await replica.query<R>(text, values);
          onRead('replica');
          return rows;
        } catch (error) {
          if (!isNodeFailure(error)) throw error;
          log.warn({ err: error }, 'replica read failed; trying another node');
        }
      }
    }
    const { rows } = await primary.query<R>(text, values);
    onRead('primary');
    return rows;
  };

  return { reader: (consistency) => ({ query: (text, values) => query(consistency, text, values) }) };
}

const hasReplayed = async (replica: Pool, token: string): Promise<boolean> => {
  const { rows } = await replica.query<{ replayed: boolean | null }>(
    'select pg_last_wal_replay_lsn() >= $1::pg_lsn as replayed',
    [token],
  );
  return rows[0]?.replayed === true;
};

/**
 * The node's fault rather than the statement's: connection errors have no SQLSTATE, 08 and 57P0x are
 * a server that goes away, 40001 on a replica is a conflict with its recovery.
 */
const isNodeFailure = (error: unknown): boolean => {
  const code = (error as { code?: unknown }).code;
  return typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code) || /^(08|57P0|40001|53)/.test(code);
};
