import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from './pool.ts';

/** At most one NOTIFY within this many milliseconds for each pool and channel. */
const WINDOW_MS = 20;

interface Window {
  /** Somebody announced since the last NOTIFY was sent. */
  again: boolean;
}

const windows = new WeakMap<Pool, Map<string, Window>>();

/**
 * Sends NOTIFY in a statement of its own: at once when it has been quiet, else one for all that was announced
 * within the window, at its end. Never inside the write: there it would serialise all commits of the database.
 */
export function announce(pool: Pool, channel: string): void {
  let ofPool = windows.get(pool);
  if (!ofPool) windows.set(pool, (ofPool = new Map<string, Window>()));
  const open = ofPool.get(channel);
  if (open) open.again = true;
  else void notify(pool, channel, ofPool);
}

async function notify(pool: Pool, channel: string, ofPool: Map<string, Window>): Promise<void> {
  const window = { again: true };
  ofPool.set(channel, window);
  while (window.again) {
    window.again = false;
    // A NOTIFY that fails is dropped (the pool has ended, the database is away, every client is taken): it is
    // a hint to listeners that poll anyway, and the write before it has succeeded. One is sent at a time, so
    // that a pool with no client to spare has one of them waiting and no more. A process that ends need not
    // wait.
    const sent = pool.query(`notify "${channel}"`).catch(() => undefined);
    await Promise.all([sent, sleep(WINDOW_MS, undefined, { ref: false })]);
  }
  ofPool.delete(channel);
}
