import { Pool, type PoolClient, type PoolConfig, types } from 'pg';
import { readJson } from '@core/contracts';
import type { Address, Logger } from '@core/runtime';
import type { DatabaseEnv } from './config.ts';
import {
  connectionConfig,
  LOCK_TIMEOUT_MS,
  connectionSettings,
  STATEMENT_TIMEOUT_MS,
} from './connection-config.ts';
import { guardPrimary, type Guard } from './guard-primary.ts';
import { NodeLost, trackSockets } from './node-sockets.ts';
import { storeConnectionConfig } from './separate-connections.ts';
import { poolTransactions } from './pooler.ts';
import { askIdentity, createTimelineFence } from './server-identity.ts';

export type { Pool, PoolClient };

// int8 as a string loses no digits; counters that are known to fit are declared with mode 'number' in the
// schema.
types.setTypeParser(types.builtins.INT8, (value) => value);
// Callers choose the names in metadata, and JSON.parse misreads some of them.
types.setTypeParser(types.builtins.JSONB, readJson);

/**
 * The margin of the client's timeout over the server's: the server ends a statement earlier, so no answer
 * comes after it. The margin covers the network and a machine under load. When the server hangs, the guard of
 * the primary reacts earlier; this timeout covers a single lost connection.
 */
export const ANSWER_MARGIN_MS = 5_000;

export interface PoolOptions {
  app: string;
  log: Logger;
  node?: Address;
  /** The address of PostgreSQL itself behind a pooler, for what a pooler cannot do; see separatePool. */
  direct?: Address | undefined;
  max?: number;
  /** How long a caller waits for a connection, in ms. */
  waitMs?: number | undefined;
  lifetimeSeconds?: number;
  lockTimeoutMs?: number;
}

/**
 * Creates a pool for one node. Without `node` it is for the primary, which is then watched: see guardPrimary.
 * An idle client of a pool may lose its connection (restart, failover). This is logged, the client is dropped
 * and the next caller gets a new one. Without a listener the error would end the process.
 */
export function createPool(env: DatabaseEnv, options: PoolOptions): Pool {
  const at = options.node ?? { host: env.CORE_DB_HOST, port: env.CORE_DB_PORT };
  const pooler = env.CORE_DB_POOLER;
  const log = options.log.child({ node: `${at.host}:${at.port}` });
  const settings = connectionSettings(options.lockTimeoutMs ?? LOCK_TIMEOUT_MS.ofBackground);
  const common = { env, app: options.app, settings };
  const connection = connectionConfig({ ...common, at, pooler });
  const sockets = trackSockets();
  const config: PoolConfig = {
    ...connection,
    stream: sockets.open,
    max: options.max ?? env.CORE_DB_POOL,
    connectionTimeoutMillis: options.waitMs ?? 5_000,
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: options.lifetimeSeconds ?? 0,
    keepAlive: true,
    // A router on the path drops an idle connection after minutes; the system's default keepalive is two
    // hours.
    keepAliveInitialDelayMillis: 5_000,
    // Statements that do not wait for each other are sent at once: see ReadNode.
    pipeline: true,
    query_timeout: STATEMENT_TIMEOUT_MS + ANSWER_MARGIN_MS,
  };
  const fence = createTimelineFence();
  if (!options.node) {
    // A new connection may be the first one that leads to a former primary.
    config.verify = (client, done) =>
      void askIdentity(client)
        .then((server) => fence.assertPrimary(server))
        .then(() => done(), done);
  }
  const pool = options.node
    ? new Pool(config)
    : new PrimaryPool(config, guardPrimary({ config: connection, sockets, fence, log }));
  pool.on('error', (err) => {
    // The guard logs one line for all the connections that it cuts.
    if (err instanceof NodeLost) log.debug({ err }, 'database connection cut');
    else log.warn({ err }, 'database connection lost');
  });
  // While a client is checked out, the pool does not listen to its errors. Its statement fails with the same
  // error.
  pool.on('connect', (client) =>
    // A pooler reports its own pids, not those of PostgreSQL.
    options.node || pooler !== 'none' ? client.on('error', () => undefined) : sockets.follow(client),
  );
  if (pooler === 'transaction') poolTransactions(pool, settings);
  const own = options.direct ? { at: options.direct, pooler: 'none' as const } : { at, pooler };
  storeConnectionConfig(pool, (more) => ({
    ...config,
    ...connectionConfig({ ...common, ...own, settings: { ...settings, ...more } }),
  }));
  return pool;
}

class PrimaryPool extends Pool {
  readonly #guard: Guard;

  constructor(config: PoolConfig, guard: Guard) {
    super(config);
    this.#guard = guard;
  }

  /** Closes the guard last: until then it cuts connections that wait for a hung server. */
  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | void {
    const ended = super.end().finally(() => this.#guard.stop());
    return callback ? void ended.then(callback, callback) : ended;
  }
}
