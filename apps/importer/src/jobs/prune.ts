import { inTransaction, type Pool } from '@core/db';
import { pruneImports } from '@core/domain';

/** Forgets what old runs kept, all of it unless the signal aborts. Any number of importers may. */
export async function prune(pool: Pool, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await inTransaction(pool, pruneImports)));
}
