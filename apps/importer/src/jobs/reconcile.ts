import { inTransaction, type Pool } from '@core/db';
import { claimSlices, pickUpRuns, releaseLease, tellHeldUp } from '@core/domain';
import type { PageJobs } from '../queues.ts';
import { QUEUE_AWAY } from './page-failure.ts';

export interface ReconcileDeps {
  pool: Pool;
  jobs: Pick<PageJobs, 'waiting' | 'add'>;
  /** Pages that one importer works on at once. */
  concurrency: number;
}

/**
 * Handed out however many wait: a run, and slices by which one begins. Jobs of a few large shops can keep the queue
 * full for as long as they are read, and nobody else would ever come. A dozen or so a second are less than an importer
 * does, so that leases do not run out in the queue.
 */
const RUNS_AT_LEAST = 1;
const SLICES_AT_LEAST = 4;

/**
 * Brings Redis's schedule in line with PostgreSQL's truth: new runs, and slices whose holder was killed or whose job
 * was lost with Redis.
 */
export async function reconcile({ pool, jobs, concurrency }: ReconcileDeps): Promise<void> {
  // Asked first: while Redis is away or refuses, nothing is claimed. And little more is handed out than workers soon
  // take, or leases would run out in the queue.
  const waiting = await jobs.waiting().catch(async (error: unknown) => {
    await inTransaction(pool, (tx) => tellHeldUp(tx, { reason: QUEUE_AWAY }));
    throw error;
  });
  const room = concurrency - waiting;
  const pages = await inTransaction(pool, async (tx) => {
    await pickUpRuns(tx, { most: Math.max(RUNS_AT_LEAST, room) });
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
