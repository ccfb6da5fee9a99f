import { MEDIAN } from '../report-figures.ts';
import { MIN_CLEAN_ROUNDS } from '../rounds.ts';
import { median, rounded, withSpread } from '../stats.ts';
import type { Report } from '../suite.ts';
import type { MeasuredPage } from './measure-page.ts';
import type { WatchedRun } from './watch-run.ts';

export type PageName = 'overview' | 'imports' | 'run';

export interface ConsoleFound {
  clean: readonly Record<PageName, MeasuredPage>[];
  watched: WatchedRun;
  machine: Record<string, unknown>;
  settings: Record<string, unknown>;
}

/** Unit, floor and goal. The floors are the limits of "Built for Shopify", the goals half of them. */
const VITALS = {
  lcp: ['LCP, ms', '<= 2500', '<= 1250'],
  cls: ['CLS', '<= 0.1', '<= 0.05'],
  inp: ['INP, ms', '<= 200', '<= 100'],
  requests: ['requests', '<= 6', '<= 4'],
} as const;
const PAGES: readonly PageName[] = ['overview', 'imports', 'run'];

/** Reports the medians of the clean rounds, and what the page did that watched an import. */
export function reportConsole({ clean, watched, machine, settings }: ConsoleFound): Report {
  const enough = clean.length >= MIN_CLEAN_ROUNDS;
  const vitals = Object.keys(VITALS) as (keyof typeof VITALS)[];
  const series = PAGES.flatMap((page) =>
    vitals.map((vital) => ({ page, vital, values: clean.map((round) => round[page][vital]) })),
  );
  const byName = <T>(of: (values: readonly number[]) => T): Record<string, T> =>
    Object.fromEntries(series.map(({ page, vital, values }) => [`${page}_${vital}`, of(values)]));
  const grown = rounded(watched.grownBytes / 2 ** 20);
  return {
    name: 'console',
    ratios: enough
      ? {
          ...byName((values) => rounded(median(values))),
          updates_dropped: watched.dropped,
          heap_growth_mib: grown,
        }
      : {},
    context: {
      machine,
      settings,
      by_round: byName((values) => values.map(rounded)),
      updates: watched.arrived,
      watched_seconds: rounded(watched.seconds),
    },
    tables: [
      series.map(({ page, vital, values }) => {
        const [unit, floor, goal] = VITALS[vital];
        return { page, figure: unit, [MEDIAN]: values.length > 0 ? withSpread(values) : '-', floor, goal };
      }),
      [
        {
          figure: 'updates dropped',
          value: `${watched.dropped} of ${watched.arrived}`,
          floor: '0',
          goal: '0',
        },
        { figure: 'growth of the heap, MiB', value: String(grown), floor: '<= 20', goal: '<= 5' },
      ],
    ],
    verdict: enough
      ? `${clean.length} clean rounds`
      : `no verdict: ${clean.length} clean rounds; other load on this machine disturbed the rest`,
  };
}
