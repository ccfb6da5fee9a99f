import { randomUUID } from 'node:crypto';
import { inTransaction, poolReader, type Pool } from '@core/db';
import { replayCustomers, type ReplayCursor, type ReplaySelection } from '@core/domain';
import { isBacklogged } from '@core/events';
import { pause } from '@core/runtime';

/** Rows that one transaction locks and appends: its writers wait for it no longer than for a page of an import. */
const PAGE = 500;

/** Maximum events waiting in the outbox: a replay must not bury customers' current events under old ones. */
const MOST_WAITING = 10_000;

export interface ReplayProgress {
  appended: number;
  /** Everything up to here is done; undefined at the very beginning. */
  after: ReplayCursor | undefined;
  done: boolean;
}

export interface ReplayDrive {
  pool: Pool;
  selection: ReplaySelection;
  /** Events a second. */
  rate: number;
  actor: string;
  signal: AbortSignal;
  /** After each page, and while waiting for the relay. */
  onProgress: (progress: Readonly<ReplayProgress>, waiting: boolean) => void;
}

/**
 * Replays page after page, each in a transaction of its own, at the rate and no faster than the relay publishes.
 * The signal ends it after the page in hand.
 * @param progress where it begins; kept up to date, so that it is known also when this throws
 */
export async function driveReplay(drive: ReplayDrive, progress: ReplayProgress): Promise<void> {
  const { pool, selection, rate, signal, onProgress } = drive;
  const ctx = { caller: drive.actor, requestId: randomUUID() };
  const begin = performance.now();
  while (!signal.aborted && !progress.done) {
    if (await isBacklogged(poolReader(pool), MOST_WAITING)) {
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
