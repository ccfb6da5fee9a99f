import type { MerchantId, ImportId } from '@core/contracts';
import { ACTIVE_STATUSES, isConnectionLoss } from '@core/db';
import { createSharedPolls, type Watch } from '@core/runtime';
import { createPaceMeter, type Pace } from './import-pace.ts';
import type { ImportRun } from './imports.ts';

const EVERY_MS = 1_000;
/** The interval for a new watcher. The watchers of one import cost at most ten queries a second. */
const LEAST_MS = 100;
/** A PostgreSQL failover takes some seconds, which the watcher of an hour-long import should not notice. */
const PATIENCE_MS = 30_000;
const ACTIVE: readonly string[] = ACTIVE_STATUSES;

export const hasEnded = ({ status }: Pick<ImportRun, 'status'>): boolean => !ACTIVE.includes(status);

interface Watched {
  readonly merchantId: MerchantId;
  readonly importId: ImportId;
}

/** Yields a snapshot immediately and then each second, until the import has ended or the signal aborts. */
export type WatchImport = Watch<Watched, { run: ImportRun; pace: Pace }>;

/**
 * Creates the watch. All watchers of one import share one poll; watchers of different merchants never do.
 * While the database is unreachable, snapshots are skipped. The first one is the exception: its failure is
 * reported, and the caller can retry.
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
    { name: 'import watch', everyMs: EVERY_MS, leastMs: LEAST_MS },
  );
