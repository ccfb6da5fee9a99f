import { Client, Pool } from 'pg';
import type { Logger } from '@core/runtime';
import { socketsOf } from './node-sockets.ts';
import { settingsOption } from './pool.ts';

/** One connection beside the pool, to the same database as the same role: for LISTEN, which belongs to a session. */
export const ownClient = (pool: Pool): Client => new Client(pool.options);

/**
 * A pool beside the pool, to the same database as the same role: for work that must not wait for a client, or
 * whose statements need settings of their own.
 * @param settings of PostgreSQL, for each of its connections
 */
export function ownPool(
  pool: Pool,
  { max, settings, log }: { max: number; settings: Record<string, string>; log: Logger },
): Pool {
  // pg hides the password of a pool's options from being copied.
  const { password } = pool.options;
  const options = [...(pool.options.options ? [pool.options.options] : []), settingsOption(settings)].join(
    ' ',
  );
  // A server that goes without a word would keep a statement waiting for as long as TCP has patience.
  const own = new Pool({ ...pool.options, password, max, options, query_timeout: 20_000 });
  own.on('error', (err) => log.warn({ err }, 'database connection lost'));
  own.on('connect', (client) => {
    client.on('error', () => undefined);
    socketsOf(pool)?.follow(client);
  });
  return own;
}
