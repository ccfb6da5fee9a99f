import type { Pool } from 'pg';

/**
 * Ends a pool and waits until its connections are closed, before their server is stopped. A pool's own end()
 * resolves earlier; a session that the server ends at that moment tells its client, which has no listener any
 * more: an uncaught error in some innocent spec.
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
