import { inTransaction, type Pool } from '@core/db';
import { finishCancels, type CancelledRun, type CommandContext } from '@core/domain';

export interface EndCancelledDeps {
  pool: Pool;
  ctx: CommandContext;
  /** Called with the cancelled runs. Its result is not awaited. */
  onCancelled: (runs: readonly CancelledRun[]) => void;
}

/**
 * Ends the runs that are to be cancelled. It needs only PostgreSQL, so it is separate from `reconcile`: an
 * unresponsive Redis would delay it for the duration of a command timeout.
 */
export async function endCancelled({ pool, ctx, onCancelled }: EndCancelledDeps): Promise<void> {
  const cancelled = await inTransaction(pool, (tx) => finishCancels(tx, ctx));
  if (cancelled.length > 0) onCancelled(cancelled);
}
