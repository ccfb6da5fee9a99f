import type { Worker } from 'bullmq';
import { pause } from '@core/runtime';

/** Less than the time a stop may take altogether. */
const CLOSE_MS = 10_000;

/**
 * BullMQ waits for its running jobs, and for ever while Redis is away. Jobs left after CLOSE_MS are stalled
 * in Redis, and void in PostgreSQL once the leases are released.
 */
export async function closeWorker(worker: Pick<Worker, 'close'>): Promise<void> {
  const closed = new AbortController();
  await Promise.race([worker.close().finally(() => closed.abort()), pause(CLOSE_MS, closed.signal)]);
}
