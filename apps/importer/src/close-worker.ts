import type { Worker } from 'bullmq';
import { pause } from '@core/runtime';

/** Less than the total time for a shutdown. */
const CLOSE_MS = 10_000;

/**
 * Closes a worker, for CLOSE_MS at most. BullMQ waits for its running jobs, and waits indefinitely while
 * Redis is unavailable. Remaining jobs become stalled in Redis, and are void in PostgreSQL once their leases
 * are released.
 */
export async function closeWorker(worker: Pick<Worker, 'close'>): Promise<void> {
  const closed = new AbortController();
  await Promise.race([worker.close().finally(() => closed.abort()), pause(CLOSE_MS, closed.signal)]);
}
