import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from './pool.ts';

/** At most one NOTIFY within this many milliseconds for each pool and channel. */
const WINDOW_MS = 20;

interface Window {
  /** Another notification was requested since the last NOTIFY was sent. */
  again: boolean;
}

const windows = new WeakMap<Pool, Map<string, Window>>();

/**
 * Sends NOTIFY in a separate statement: at once if none was sent within the window, otherwise once at the end
 * of the window. Rejected: NOTIFY inside the write, which serializes all commits of the database.
 */
export function notify(pool: Pool, channel: string): void {
  let ofPool = windows.get(pool);
  if (!ofPool) windows.set(pool, (ofPool = new Map<string, Window>()));
  const open = ofPool.get(channel);
  if (open) open.again = true;
  else void sendWindow(pool, channel, ofPool);
}

async function sendWindow(pool: Pool, channel: string, ofPool: Map<string, Window>): Promise<void> {
  const window = { again: true };
  ofPool.set(channel, window);
  while (window.again) {
    window.again = false;
    // A NOTIFY that fails is dropped (the pool has ended, the database is unavailable, every client is in
    // use). It is only a hint to listeners that poll anyway, and the preceding write has succeeded. One is
    // sent at a time, so that a pool without a free client has only one of them waiting. The window timer
    // does not keep the process alive.
    const sent = pool.query(`notify "${channel}"`).catch(() => undefined);
    await Promise.all([sent, sleep(WINDOW_MS, undefined, { ref: false })]);
  }
  ofPool.delete(channel);
}
