import { Pool, type PoolClient, type PoolConfig, types } from 'pg';
import type { Address, Logger } from '@core/runtime';
import type { DatabaseEnv } from './config.ts';
import { guardPrimary, type Guard } from './guard-primary.ts';
import { NodeLost, trackSockets } from './node-sockets.ts';
import { askIdentity, createTimelineFence } from './server-identity.ts';

export type { Pool, PoolClient };

// int8 as a string loses nothing; counters that are known to fit are declared mode 'number' in the schema.
types.setTypeParser(types.builtins.INT8, (value) => value);

/** A statement nobody waits for any more must not hold locks for ever. */
export const STATEMENT_TIMEOUT_MS = 30_000;

/**
 * An answer that comes later never comes: the server ends the statement before. The margin is for the way
 * and for a machine under load. The guard of the primary is quicker where the server hangs; this is for one
 * connection that is lost alone.
 */
export const ANSWER_MARGIN_MS = 5_000;

/**
 * Settings of each session by which the server ends connections whose client is gone: an open transaction
 * keeps its locks until then, and its successor would wait for them. Seconds, but for the last: milliseconds.
 */
export const SERVER_SIDE =
  '-c tcp_keepalives_idle=4 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=4 -c tcp_user_timeout=8000';

/**
 * A pool for one node; without `node`, for the primary, which is then watched: see guardPrimary. A pool's idle
 * client may die (a restart, a failover): that is logged, the client is dropped and the next caller gets a
 * new one; without a listener it would end the process.
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
    options: SERVER_SIDE,
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
    // A router on the way forgets a quiet connection after minutes; the system's default is two hours.
    keepAliveInitialDelayMillis: 5_000,
    // Statements that are sent without waiting for each other go out at once: see ReadNode.
    pipeline: true,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + ANSWER_MARGIN_MS,
    idle_in_transaction_session_timeout: 30_000,
  };
  const pool = options.node ? new Pool(config) : openPrimary();
  pool.on('error', (err) => {
    // One word of the guard stands for all the connections that it cuts.
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
        // A new connection may be the first to lead to a former primary.
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

  /** The guard goes last: until then it cuts what a server that hangs owes. */
  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | void {
    const ended = super.end().finally(() => this.#guard.stop());
    return callback ? void ended.then(callback, callback) : ended;
  }
}
