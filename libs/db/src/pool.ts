import { Pool, type PoolClient, type PoolConfig, types } from 'pg';
import type { Address, Logger } from '@core/runtime';
import type { DatabaseEnv } from './config.ts';

export type { Pool, PoolClient };

// int8 as a string loses nothing; counters that are known to fit are declared mode 'number' in the schema.
types.setTypeParser(types.builtins.INT8, (value) => value);

/**
 * A pool for one node. A pool's idle client may die (a restart, a failover): that is logged, the client
 * is dropped and the next caller gets a new one; without a listener it would end the process.
 */
export function createPool(
  env: DatabaseEnv,
  options: { app: string; log: Logger; node?: Address; max?: number },
): Pool {
  const node = options.node ?? { host: env.CORE_DB_HOST, port: env.CORE_DB_PORT };
  const config: PoolConfig = {
    host: node.host,
    port: node.port,
    database: env.CORE_DB_NAME,
    user: env.CORE_DB_USER,
    password: env.CORE_DB_PASSWORD,
    ssl: env.CORE_DB_TLS ? { rejectUnauthorized: true } : false,
    max: options.max ?? env.CORE_DB_POOL,
    application_name: options.app,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    // Statements that are sent without waiting for each other go out at once: see ReadNode.
    pipeline: true,
    // A statement nobody waits for any more must not hold locks for ever.
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 30_000,
  };
  const pool = new Pool(config);
  pool.on('error', (err) =>
    options.log.warn({ err, node: `${node.host}:${node.port}` }, 'database connection lost'),
  );
  // While a client is out, the pool does not listen to it. Its statement fails with the same error.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
