import type { ImportRun } from './imports.ts';

/** How fast an import reads. */
export interface Pace {
  /** Customers per second. */
  rate: number;
  /**
   * Seconds left at that rate; present while the rate and the expected count are known and the import runs.
   */
  eta?: number;
}

type Read = Pick<ImportRun, 'startedAt' | 'finishedAt' | 'read' | 'expected'>;

/** Computes the pace since the start, for a single reply. @param now milliseconds since the epoch */
export function paceOf(run: Read, now: number): Pace {
  if (!run.startedAt) return { rate: 0 };
  const seconds = ((run.finishedAt?.getTime() ?? now) - run.startedAt.getTime()) / 1000;
  return withEta(run, seconds > 0 ? run.read / seconds : 0);
}

const WINDOW_MS = 10_000;
/** Shorter periods are not measured: one page more or less would make the figure jump. */
const FROM_MS = 3_000;

/**
 * Creates a meter for a watched run. It measures the last ten seconds of the watch, because the rate since
 * the start still includes an hour for which Shopify made the run wait. The first snapshots, and a run that
 * has ended, use the rate since the start.
 * @returns a function that returns the pace for each snapshot in turn; now: milliseconds, on the clock of
 *   startedAt
 */
export function createPaceMeter(): (run: Read, now: number) => Pace {
  let seen: { at: number; read: number }[] = [];
  return (run, now) => {
    // The count fell: a resumed run reads the shop again, or the end subtracted what was read twice.
    if (run.read < (seen.at(-1)?.read ?? 0)) seen = [];
    seen = [...seen.filter(({ at }) => at >= now - WINDOW_MS), { at: now, read: run.read }];
    const [oldest] = seen;
    if (!run.startedAt || run.finishedAt || !oldest || now - oldest.at < FROM_MS) return paceOf(run, now);
    return withEta(run, (run.read - oldest.read) / ((now - oldest.at) / 1000));
  };
}

const withEta = ({ finishedAt, read, expected }: Read, rate: number): Pace =>
  finishedAt || expected === null || rate === 0
    ? { rate }
    : { rate, eta: Math.max(0, expected - read) / rate };
