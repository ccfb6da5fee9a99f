import { Pool } from 'pg';
import { createPool, databaseEnv, type Pool as DatabasePool } from '@core/db';
import { createLogger, readEnv } from '@core/runtime';
import { databaseEnvironment } from '@core/testing';
import type { Database } from './database.ts';
import type { Role } from './options.ts';

const log = createLogger('stack', 'silent');

export interface PoolSettings {
  /** The most connections. */
  max?: number;
  /** How long a caller waits for a connection, milliseconds; for the owner without end. */
  waitMs?: number;
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
