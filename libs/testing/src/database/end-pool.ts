import type { Pool } from 'pg';

/**
 * Ends a pool and waits until its connections are closed. Call it before the server is stopped. A pool's own
 * end() resolves earlier. A session that the server terminates at that moment sends an error to its client,
 * which has no listener any more: an uncaught error in an unrelated spec.
 */
export async function endPool(pool: Pool): Promise<void> {
  let open = pool.totalCount;
  const closed = new Promise<void>((resolve) => {
    if (open === 0) resolve();
    pool.on('remove', () => --open || resolve());
  });
  await pool.end();
  await closed;
}
