import { inTransaction, type Pool } from '@core/db';
import { claimSlices, startPendingRuns, releaseLease, pauseStalledRuns } from '@core/domain';
import type { PageJobs } from '../queues.ts';
import { QUEUE_UNAVAILABLE } from './page-failure.ts';

export interface ReconcileDeps {
  pool: Pool;
  jobs: Pick<PageJobs, 'waiting' | 'add'>;
  /** Number of pages that one importer processes concurrently. */
  concurrency: number;
}

/**
 * Minimums that are claimed regardless of the queue's length: one run, and the slices with which a run
 * starts. The jobs of a few large shops can keep the queue full while they are read, and no other run would
 * ever start. About a dozen pages a second are fewer than an importer processes, so leases do not expire in
 * the queue.
 */
const RUNS_AT_LEAST = 1;
const SLICES_AT_LEAST = 4;

/**
 * Synchronizes Redis's schedule with PostgreSQL: adds jobs for new runs, and for slices whose holder was
 * killed or whose job was lost with Redis.
 */
export async function reconcile({ pool, jobs, concurrency }: ReconcileDeps): Promise<void> {
  // Checked first: while Redis is unavailable or refuses writes, nothing is claimed. The queue length also
  // limits the claims to what workers process soon; otherwise leases would expire in the queue.
  const waiting = await jobs.waiting().catch(async (error: unknown) => {
    await inTransaction(pool, (tx) => pauseStalledRuns(tx, { reason: QUEUE_UNAVAILABLE }));
    throw error;
  });
  const room = concurrency - waiting;
  const pages = await inTransaction(pool, async (tx) => {
    await startPendingRuns(tx, { most: Math.max(RUNS_AT_LEAST, room) });
    return claimSlices(tx, { most: Math.max(SLICES_AT_LEAST, room) });
  });
  try {
    await jobs.add(pages);
  } catch (error) {
    await inTransaction(pool, async (tx) => {
      for (const page of pages) await releaseLease(tx, page);
    });
    throw error;
  }
}
