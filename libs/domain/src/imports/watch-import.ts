import type { MerchantId, ImportId } from '@core/contracts';
import { ACTIVE_STATUSES, isConnectionLoss } from '@core/db';
import { createSharedPolls, type Watch } from '@core/runtime';
import { createPaceMeter, type Pace } from './import-pace.ts';
import type { ImportRun } from './imports.ts';

const EVERY_MS = 1_000;
/** The interval for a new watcher. The watchers of one import cost at most ten queries a second. */
const LEAST_MS = 100;
/** A failover of PostgreSQL takes some seconds, and a watcher of an hour's import should not notice. */
const PATIENCE_MS = 30_000;
const ACTIVE: readonly string[] = ACTIVE_STATUSES;

export const hasEnded = ({ status }: Pick<ImportRun, 'status'>): boolean => !ACTIVE.includes(status);

interface Watched {
  readonly merchantId: MerchantId;
  readonly importId: ImportId;
}

/** A snapshot at once and each second, until the import has ended or the signal aborts. */
export type WatchImport = Watch<Watched, { run: ImportRun; pace: Pace }>;

/**
 * All watchers of one import share one poll; those of different merchants never do. While the database is
 * unreachable snapshots are skipped, except the first one: its failure is reported, and the caller can retry.
 * @param read runs on behalf of no particular watcher; its error is thrown to all of them
 */
export const createWatchImport = (read: (watched: Watched) => Promise<ImportRun>): WatchImport =>
  createSharedPolls(
    ({ merchantId, importId }) => `${merchantId} ${importId}`,
    (watched) => {
      const measure = createPaceMeter();
      let seenAt = -Infinity;
      return async () => {
        const run = await read(watched).catch((error: unknown): null => {
          if (isConnectionLoss(error) && performance.now() - seenAt < PATIENCE_MS) return null;
          throw error;
        });
        if (!run) return undefined;
        seenAt = performance.now();
        return { value: { run, pace: measure(run, Date.now()) }, last: hasEnded(run) };
      };
    },
    { name: 'look at a watched import', everyMs: EVERY_MS, leastMs: LEAST_MS },
  );
