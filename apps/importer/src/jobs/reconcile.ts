import { inTransaction, type Pool } from '@core/db';
import { claimSlices, finishCancels, pickUpRuns, releaseLease, type CommandContext } from '@core/domain';
import { pause } from '@core/runtime';
import type { PageJobs } from '../queues.ts';

export interface ReconcileDeps {
  pool: Pool;
  jobs: PageJobs;
  ctx: CommandContext;
  /** Pages that one importer works on at once. */
  concurrency: number;
}

/** A pending run is to be picked up within 500 ms. */
const EVERY_MS = 250;

/**
 * Brings Redis's schedule in line with PostgreSQL's truth, over and over, until the signal aborts: new runs,
 * and slices whose holder was killed or whose job was lost with Redis.
 */
export async function keepReconciled(
  deps: ReconcileDeps,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    await reconcile(deps).catch(onError);
    await pause(EVERY_MS, signal);
  }
}

export async function reconcile({ pool, jobs, ctx, concurrency }: ReconcileDeps): Promise<void> {
  await inTransaction(pool, (tx) => finishCancels(tx, ctx));
  // Asked first: while Redis is away nothing is claimed. And no more is handed out than workers soon take,
  // or leases would run out in the queue.
  const room = concurrency - (await jobs.waiting());
  if (room <= 0) return;
  const pages = await inTransaction(pool, async (tx) => {
    await pickUpRuns(tx, room);
    return claimSlices(tx, room);
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
