import {
  assertKnownSchema,
  assertPooling,
  assertServable,
  isConnectionLoss,
  UnknownSchema,
  WrongPooler,
  type Pool,
  type Pooler,
  poolReader,
} from '@core/db';
import { type ReadRouter } from '@core/reads';
import type { Address, Logger } from '@core/runtime';

/**
 * Checks whether the databases allow the API to work; each check throws, or returns false, if they do not.
 */
export interface DatabaseChecks {
  /** A node answers reads and accepts this build. */
  reads(): Promise<unknown>;
  /** The primary answers, is writable, and accepts this build. */
  writes(): Promise<unknown>;
  /** @throws UnknownSchema, or UnsafeLogSettings of the primary; any other failure may be transient */
  atStart(): Promise<void>;
}

export function createDatabaseChecks(options: {
  pool: Pool;
  reads: Pick<ReadRouter, 'reader'>;
  env: { NODE_ENV: string; CORE_DB_POOLER: Pooler; CORE_DB_REPLICAS: readonly Address[] };
  log: Pick<Logger, 'warn'>;
}): DatabaseChecks {
  const { pool, env, log } = options;
  const primary = poolReader(pool);
  const anyNode = options.reads.reader({ kind: 'minimize_latency' });
  const settings = { NODE_ENV: env.NODE_ENV, log };
  return {
    reads: () => assertKnownSchema(anyNode),
    async writes() {
      await assertKnownSchema(primary);
      const [row] = await primary.query<{ writable: boolean }>('select not pg_is_in_recovery() as writable');
      return row?.writable ?? false;
    },
    async atStart() {
      try {
        await assertPooling(pool, env.CORE_DB_POOLER);
        await assertServable(primary, settings);
      } catch (error) {
        // The primary decides as long as it answers: a replica may not have replayed a migration yet.
        if (env.CORE_DB_REPLICAS.length === 0 || error instanceof WrongPooler || !isConnectionLoss(error))
          throw error;
        await assertServable(anyNode, settings).catch(rethrowAsTemporary);
      }
    },
  };
}

/**
 * Makes an unknown schema on a replica non-fatal for the start: the replica may replay the migration shortly.
 */
const rethrowAsTemporary = (error: unknown): never => {
  if (error instanceof UnknownSchema)
    throw new Error(`according to a replica: ${error.message}`, { cause: error });
  throw error;
};
