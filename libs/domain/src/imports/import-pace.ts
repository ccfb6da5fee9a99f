import type { ImportRun } from './imports.ts';

/** How fast an import goes. */
export interface Pace {
  /** Customers a second. */
  rate: number;
  /** Seconds left at that rate, while both are known and it runs. */
  eta?: number;
}

type Read = Pick<ImportRun, 'startedAt' | 'finishedAt' | 'read' | 'expected'>;

/** Since the start: the pace of a run as one answer tells it. @param now milliseconds since the epoch */
export function paceOf(run: Read, now: number): Pace {
  if (!run.startedAt) return { rate: 0 };
  const seconds = ((run.finishedAt?.getTime() ?? now) - run.startedAt.getTime()) / 1000;
  return withEta(run, seconds > 0 ? run.read / seconds : 0);
}

const WINDOW_MS = 10_000;
/** One page more or less in a shorter time would have the figure jump. */
const FROM_MS = 3_000;

/**
 * The pace of a run that is watched: over the watch's own last ten seconds, because the rate since the start
 * still shows the hour that Shopify made it wait. Since the start for the first snapshots, and once it has ended.
 * @returns for each snapshot in turn its pace; now: milliseconds, of a clock that the start is told by
 */
export function createPaceMeter(): (run: Read, now: number) => Pace {
  let seen: { at: number; read: number }[] = [];
  return (run, now) => {
    // Fewer than before: a resumed run reads the shop anew, or the end took off what was read twice.
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
