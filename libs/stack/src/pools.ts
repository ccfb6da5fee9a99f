import { Pool } from 'pg';
import { createPool, databaseEnv, type Pool as DatabasePool } from '@core/db';
import { createLogger, readEnv, within } from '@core/runtime';
import { databaseEnvironment, endPool } from '@core/testing';
import type { Database } from './database.ts';
import type { Role } from './options.ts';

const log = createLogger('stack', 'silent');

export interface PoolSettings {
  /** The most connections. */
  max?: number;
  /** How long a caller waits for a connection, milliseconds; for the owner without end. */
  waitMs?: number;
  /** How long the end of the stack waits for connections that are in use, milliseconds; a minute unless given. */
  endWaitMs?: number;
}

/**
 * A pool of an app's role, with the settings of the app's own and without its guard: a test cuts connections itself. The
 * owner's has no time limits, for looking at what holds a lock, and for seeding.
 */
export function openPool(
  database: Database,
  role: Role,
  { max = 8, waitMs }: PoolSettings = {},
): DatabasePool {
  if (role === 'core_owner') {
    const pool = new Pool({ connectionString: database.urlFor(role), max, pipeline: true });
    // A suite ends its server: a query at that moment fails, and the next one gets a new connection.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    return pool;
  }
  const env = readEnv(databaseEnv, databaseEnvironment(database.urlFor(role)));
  const node = { host: env.CORE_DB_HOST, port: env.CORE_DB_PORT };
  return createPool(env, { app: 'stack', log, node, max, waitMs });
}

/**
 * Ends the pool. A connection that a failed spec has not given back must not keep the servers up.
 * @throws Error when one is in use for too long; the end of its server closes it
 */
export async function endPoolOf(
  role: Role,
  pool: DatabasePool,
  { endWaitMs = 60_000 }: PoolSettings = {},
): Promise<void> {
  if (
    await within(
      endWaitMs,
      endPool(pool).then(() => true),
    )
  )
    return;
  const seconds = endWaitMs / 1_000;
  throw new Error(
    `a connection of the pool of ${role} was not given back within ${seconds} s: call release()`,
  );
}
