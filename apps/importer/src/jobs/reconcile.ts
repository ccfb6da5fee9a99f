import { inTransaction, type Pool } from '@core/db';
import {
  claimSlices,
  finishCancels,
  pickUpRuns,
  releaseLease,
  type CancelledRun,
  type CommandContext,
} from '@core/domain';
import { pause } from '@core/runtime';
import type { PageJobs } from '../queues.ts';

export interface ReconcileDeps {
  pool: Pool;
  jobs: PageJobs;
  ctx: CommandContext;
  /** Pages that one importer works on at once. */
  concurrency: number;
  /** Told of runs that were cancelled; not waited for. */
  onCancelled: (runs: readonly CancelledRun[]) => void;
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

export async function reconcile(deps: ReconcileDeps): Promise<void> {
  const { pool, jobs, ctx, concurrency, onCancelled } = deps;
  const cancelled = await inTransaction(pool, (tx) => finishCancels(tx, ctx));
  if (cancelled.length > 0) onCancelled(cancelled);
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
