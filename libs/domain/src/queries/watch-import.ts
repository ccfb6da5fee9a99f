import { ACTIVE_STATUSES, isConnectionLoss } from '@core/db';
import { pause } from '@core/runtime';
import { createPaceMeter, type Pace } from './import-pace.ts';
import type { ImportRun } from './imports.ts';

const EVERY_MS = 1_000;
/** A failover of PostgreSQL takes some seconds, and a watcher of an hour's import should not notice. */
const PATIENCE_MS = 30_000;
const ACTIVE: readonly string[] = ACTIVE_STATUSES;

export const hasEnded = ({ status }: Pick<ImportRun, 'status'>): boolean => !ACTIVE.includes(status);

/**
 * A snapshot at once and each second, until the import has ended or the signal aborts. A lost database leaves
 * snapshots out. The first one is not waited for: the caller is there and can ask again.
 * @throws what `read` throws
 */
export async function* watchImport(
  read: () => Promise<ImportRun>,
  signal: AbortSignal,
): AsyncGenerator<{ run: ImportRun; pace: Pace }, void> {
  const measure = createPaceMeter();
  let seenAt = -Infinity;
  while (!signal.aborted) {
    const run = await read().catch((error: unknown): null => {
      if (isConnectionLoss(error) && performance.now() - seenAt < PATIENCE_MS) return null;
      throw error;
    });
    if (run) {
      seenAt = performance.now();
      yield { run, pace: measure(run, Date.now()) };
      if (hasEnded(run)) return;
    }
    await pause(EVERY_MS, signal);
  }
}
