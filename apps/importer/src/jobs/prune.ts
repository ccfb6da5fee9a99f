import { inTransaction, type Pool } from '@core/db';
import { pruneImports } from '@core/domain';
import { pause } from '@core/runtime';

const PRUNE_EVERY_MS = 60 * 60_000;

/** Forgets what old runs kept, until the signal aborts. Any number of importers may. */
export async function keepPruned(
  pool: Pool,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    const more = await inTransaction(pool, pruneImports).catch((error: unknown) => {
      onError(error);
      return false;
    });
    if (!more) await pause(PRUNE_EVERY_MS, signal);
  }
}
