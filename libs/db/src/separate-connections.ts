import { Client, Pool, type ClientConfig, type PoolConfig } from 'pg';
import type { Logger } from '@core/runtime';
import { CheckedClient, type CheckedConfig } from './checked-client.ts';
import { settingsOption, type Settings } from './connection-config.ts';
import { socketsOf } from './node-sockets.ts';

/** Returns how to connect like a pool, with additional settings. */
type BuildConfig = (more: Settings) => PoolConfig;
const configBuilders = new WeakMap<Pool, BuildConfig>();

export const storeConnectionConfig = (pool: Pool, buildConfig: BuildConfig): void =>
  void configBuilders.set(pool, buildConfig);

/**
 * Creates one connection outside of the pool, to the same database as the same role: for LISTEN, which
 * belongs to a session. It bypasses a pooler in front of the pool if the address of PostgreSQL itself is
 * known.
 */
export const separateClient = (pool: Pool): Client => {
  const buildConfig = configBuilders.get(pool);
  return buildConfig ? new CheckedClient(buildConfig({}) as ClientConfig) : new Client(pool.options);
};

/**
 * Creates a second pool to the same database as the same role. It serves work that must not wait for a client
 * of the first one, or whose statements need their own settings, which a pooler in transaction mode would
 * drop. Like separateClient it bypasses a pooler.
 * @param settings of PostgreSQL, for each of its connections
 */
export function separatePool(
  pool: Pool,
  { max, settings, log }: { max: number; settings: Settings; log: Logger },
): Pool {
  // Without this timeout, a server that disappears without closing the connection keeps a statement waiting
  // until TCP times out.
  const config: PoolConfig & CheckedConfig = { ...configBeside(pool, settings), max, query_timeout: 20_000 };
  const own = new Pool(config);
  own.on('error', (err) => log.warn({ err }, 'database connection lost'));
  own.on('connect', (client) => {
    client.on('error', () => undefined);
    // A pooler reports its own pids, not those of PostgreSQL.
    if (!config.pooled) socketsOf(pool)?.follow(client);
  });
  return own;
}

function configBeside(pool: Pool, settings: Settings): PoolConfig {
  const buildConfig = configBuilders.get(pool);
  if (buildConfig) return buildConfig(settings);
  // The pool was not created by createPool. pg hides the password of a pool's options from being copied.
  const { password, options } = pool.options;
  return {
    ...pool.options,
    password,
    options: [options, settingsOption(settings)].filter(Boolean).join(' '),
  };
}
