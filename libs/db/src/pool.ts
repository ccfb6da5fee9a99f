import { Pool, type PoolClient, type PoolConfig, types } from 'pg';
import type { Address, Logger } from '@core/runtime';
import type { DatabaseEnv } from './config.ts';
import { guardPrimary, type Guard } from './guard-primary.ts';
import { NodeLost, trackSockets } from './node-sockets.ts';
import { askIdentity, createTimelineFence } from './server-identity.ts';

export type { Pool, PoolClient };

// int8 as a string loses nothing; counters that are known to fit are declared mode 'number' in the schema.
types.setTypeParser(types.builtins.INT8, (value) => value);

/** The limit of a statement: one that no caller waits for any more must not hold its locks for ever. */
export const STATEMENT_TIMEOUT_MS = 30_000;

/**
 * The client's timeout of an answer: the server ends the statement earlier, so a later answer never comes.
 * The margin covers the network and a machine under load. Where the server hangs the guard of the primary
 * reacts earlier; this timeout covers a single lost connection.
 */
export const ANSWER_MARGIN_MS = 5_000;

/**
 * Session settings with which the server ends connections whose client is gone: an open transaction keeps its
 * locks until then, and its successor would wait for them. Values are seconds, except the last: milliseconds.
 */
export const SERVER_SIDE =
  '-c tcp_keepalives_idle=4 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=4 -c tcp_user_timeout=8000';

/**
 * Settings without which the apps do not work, or write secrets to the log. A role may change them for itself
 * with ALTER ROLE, which PostgreSQL cannot forbid, and a stolen role would break its app at the next
 * connection. Settings of the connection prevail over those of the role and of the database. An empty library
 * list replaces one that names a missing library, which ends every connection.
 */
const PINNED = {
  search_path: 'public, pg_temp',
  role: 'none',
  row_security: 'on',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  transaction_timeout: '0',
  idle_session_timeout: '0',
  datestyle: 'ISO, MDY',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  local_preload_libraries: '',
  log_parameter_max_length_on_error: '0',
};

/** A backslash keeps a space within its value. */
export const settingsOption = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ');

/**
 * A pool for one node; without `node`, for the primary, which is then watched: see guardPrimary. An idle
 * client of a pool may lose its connection (restart, failover): this is logged, the client is dropped and the
 * next caller gets a new one; without a listener the error would end the process.
 */
export function createPool(
  env: DatabaseEnv,
  options: { app: string; log: Logger; node?: Address; max?: number; lifetimeSeconds?: number },
): Pool {
  const node = options.node ?? { host: env.CORE_DB_HOST, port: env.CORE_DB_PORT };
  const log = options.log.child({ node: `${node.host}:${node.port}` });
  const connection = {
    host: node.host,
    port: node.port,
    database: env.CORE_DB_NAME,
    user: env.CORE_DB_USER,
    password: env.CORE_DB_PASSWORD,
    ssl: env.CORE_DB_TLS ? { rejectUnauthorized: true } : false,
    application_name: options.app,
    options: `${SERVER_SIDE} ${settingsOption(PINNED)}`,
  };
  const sockets = trackSockets();
  const config: PoolConfig = {
    ...connection,
    stream: sockets.open,
    max: options.max ?? env.CORE_DB_POOL,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: options.lifetimeSeconds ?? 0,
    keepAlive: true,
    // A router on the path forgets an idle connection after minutes; the system's keepalive default is two
    // hours.
    keepAliveInitialDelayMillis: 5_000,
    // Statements that are sent without waiting for each other go out at once: see ReadNode.
    pipeline: true,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + ANSWER_MARGIN_MS,
    idle_in_transaction_session_timeout: 30_000,
  };
  const pool = options.node ? new Pool(config) : openPrimary();
  pool.on('error', (err) => {
    // One log line of the guard covers all the connections that it cuts.
    if (err instanceof NodeLost) log.debug({ err }, 'database connection cut');
    else log.warn({ err }, 'database connection lost');
  });
  // While a client is out, the pool does not listen to it. Its statement fails with the same error.
  pool.on('connect', (client) =>
    options.node ? client.on('error', () => undefined) : sockets.follow(client),
  );
  return pool;

  function openPrimary(): Pool {
    const fence = createTimelineFence();
    const guard = guardPrimary({ config: connection, sockets, fence, log });
    return new PrimaryPool(
      {
        ...config,
        // A new connection may be the first one that leads to a former primary.
        verify: (client, done) =>
          void askIdentity(client)
            .then((server) => fence.assertPrimary(server))
            .then(() => done(), done),
      },
      guard,
    );
  }
}

class PrimaryPool extends Pool {
  readonly #guard: Guard;

  constructor(config: PoolConfig, guard: Guard) {
    super(config);
    this.#guard = guard;
  }

  /** The guard closes last: until then it cuts connections that wait for a hung server. */
  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | void {
    const ended = super.end().finally(() => this.#guard.stop());
    return callback ? void ended.then(callback, callback) : ended;
  }
}
