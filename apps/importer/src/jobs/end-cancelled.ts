import { inTransaction, type Pool } from '@core/db';
import { finishCancels, type CancelledRun, type CommandContext } from '@core/domain';

export interface EndCancelledDeps {
  pool: Pool;
  ctx: CommandContext;
  /** Told of runs that were cancelled; not waited for. */
  onCancelled: (runs: readonly CancelledRun[]) => void;
}

/**
 * Ends the runs that are to be cancelled. It needs PostgreSQL alone, and so it is no part of `reconcile`: a Redis that
 * hangs would hold it back for as long as a command may take.
 */
export async function endCancelled({ pool, ctx, onCancelled }: EndCancelledDeps): Promise<void> {
  const cancelled = await inTransaction(pool, (tx) => finishCancels(tx, ctx));
  if (cancelled.length > 0) onCancelled(cancelled);
}
