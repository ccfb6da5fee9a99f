import { randomUUID } from 'node:crypto';
import { inTransaction, poolReader, type Pool } from '@core/db';
import { replayCustomers, type ReplayCursor, type ReplaySelection } from '@core/domain';
import { isBacklogged } from '@core/events';
import { pause } from '@core/runtime';

/**
 * Rows that one transaction locks and appends. Writers wait for it no longer than for a page of an import.
 */
const PAGE = 500;

/** Maximum events waiting in the outbox: a replay must not bury customers' current events under old ones. */
const MAX_WAITING = 10_000;

export interface ReplayProgress {
  appended: number;
  /** Everything up to here is done; undefined before the first page. */
  after: ReplayCursor | undefined;
  done: boolean;
}

export interface ReplayDrive {
  pool: Pool;
  selection: ReplaySelection;
  /** Events per second. */
  rate: number;
  actor: string;
  signal: AbortSignal;
  /** Called after each page, and while the replay waits for the relay. */
  onProgress: (progress: Readonly<ReplayProgress>, waiting: boolean) => void;
}

/**
 * Replays page after page, each in a separate transaction, at the given rate and no faster than the relay
 * publishes. The signal stops it after the current page.
 * @param progress the starting point; updated after each page, so that the caller has it even when this
 *   throws
 */
export async function driveReplay(drive: ReplayDrive, progress: ReplayProgress): Promise<void> {
  const { pool, selection, rate, signal, onProgress } = drive;
  const ctx = { caller: drive.actor, requestId: randomUUID() };
  const begin = performance.now();
  while (!signal.aborted && !progress.done) {
    if (await isBacklogged(poolReader(pool), MAX_WAITING)) {
      onProgress(progress, true);
      await pause(1_000, signal);
      continue;
    }
    const page = { ...selection, after: progress.after, limit: Math.min(PAGE, rate) };
    const { appended, next } = await inTransaction(pool, (tx) => replayCustomers(tx, ctx, page));
    progress.appended += appended;
    progress.after = next ?? progress.after;
    progress.done = !next;
    onProgress(progress, false);
    const due = begin + (progress.appended / rate) * 1_000;
    if (!progress.done && due > performance.now()) await pause(due - performance.now(), signal);
  }
}
