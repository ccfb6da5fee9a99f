import { Client, Pool, type ClientConfig, type PoolConfig } from 'pg';
import type { Logger } from '@core/runtime';
import { CheckedClient, type CheckedConfig } from './checked-client.ts';
import { settingsOption, type Settings } from './connection-config.ts';
import { socketsOf } from './node-sockets.ts';

/** How to connect beside a pool, with further settings. */
type Recipe = (more: Settings) => PoolConfig;
const recipes = new WeakMap<Pool, Recipe>();

export const keepRecipe = (pool: Pool, recipe: Recipe): void => void recipes.set(pool, recipe);

/**
 * One connection beside the pool, to the same database as the same role: for LISTEN, which belongs to a session. It goes
 * to PostgreSQL itself where a pooler is in front of the pool and the address is known.
 */
export const ownClient = (pool: Pool): Client => {
  const recipe = recipes.get(pool);
  return recipe ? new CheckedClient(recipe({}) as ClientConfig) : new Client(pool.options);
};

/**
 * A pool beside the pool, to the same database as the same role: for work that must not wait for a client, or
 * whose statements need settings of their own, which a pooler of transactions would drop: as ownClient it goes past one.
 * @param settings of PostgreSQL, for each of its connections
 */
export function ownPool(
  pool: Pool,
  { max, settings, log }: { max: number; settings: Settings; log: Logger },
): Pool {
  // A server that goes without a word would keep a statement waiting for as long as TCP has patience.
  const config: PoolConfig & CheckedConfig = { ...configBeside(pool, settings), max, query_timeout: 20_000 };
  const own = new Pool(config);
  own.on('error', (err) => log.warn({ err }, 'database connection lost'));
  own.on('connect', (client) => {
    client.on('error', () => undefined);
    // A pooler tells pids of its own.
    if (!config.pooled) socketsOf(pool)?.follow(client);
  });
  return own;
}

function configBeside(pool: Pool, settings: Settings): PoolConfig {
  const recipe = recipes.get(pool);
  if (recipe) return recipe(settings);
  // A pool that createPool did not make. pg hides the password of a pool's options from being copied.
  const { password, options } = pool.options;
  return {
    ...pool.options,
    password,
    options: [options, settingsOption(settings)].filter(Boolean).join(' '),
  };
}
