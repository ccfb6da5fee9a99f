import { Pool } from 'pg';
import { createPool, databaseEnv, type Pool as DatabasePool } from '@core/db';
import { createLogger, readEnv, within } from '@core/runtime';
import { databaseEnvironment, endPool } from '@core/testing';
import type { Database } from './database.ts';
import type { Role } from './options.ts';

const log = createLogger('stack', 'silent');

export interface PoolSettings {
  /** The maximum number of connections. */
  max?: number;
  /** How long a stopping stack waits for connections in use, in milliseconds; by default 60,000. */
  endWaitMs?: number;
}

/**
 * How long a caller of an app's pool waits for a connection, in ms. The 5 s of the apps are too short: two
 * dozen transactions of a spec queue for a few connections, while other suites take both cores.
 */
const WAIT_MS = 60_000;

/**
 * Opens a pool for a role. A pool of an app's role has the settings of the app's own pool, except that
 * callers wait longer for a connection, and that it has no guard, because tests cut connections themselves.
 * The owner's pool has no timeouts: specs use it to inspect locks and to seed data.
 */
export function openPool(database: Database, role: Role, { max = 8 }: PoolSettings = {}): DatabasePool {
  if (role === 'core_owner') {
    const pool = new Pool({ connectionString: database.urlFor(role), max, pipeline: true });
    // A suite may stop the server. A query in progress then fails, and the next one gets a new connection.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    return pool;
  }
  const env = readEnv(databaseEnv, databaseEnvironment(database.urlFor(role)));
  const node = { host: env.CORE_DB_HOST, port: env.CORE_DB_PORT };
  return createPool(env, { app: 'stack', log, node, max, waitMs: WAIT_MS });
}

/**
 * Ends the pool. A connection that a failed spec has not released must not keep the servers running.
 * @throws Error when a connection is in use for too long; it closes when its server stops
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
  throw new Error(`a connection of the pool of ${role} was not released within ${seconds} s: call release()`);
}
