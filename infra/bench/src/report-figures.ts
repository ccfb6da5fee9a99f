import { contestantRows } from './contestant-rows.ts';
import { MIN_CLEAN_ROUNDS, type Measured } from './rounds.ts';
import { median, rounded, withSpread } from './stats.ts';
import type { Report } from './suite.ts';

/** The description, floor and goal of a figure. The project sets floors and goals for two cores. */
export type Figure = readonly [what: string, floor: string, goal: string];

export interface FiguresFound<Name extends string, Contestant extends string> {
  /** The suite's name. */
  name: string;
  figures: Readonly<Record<Name, Figure>>;
  /** One value per round, or per measurement. */
  values: Readonly<Record<Name, number[]>>;
  clean: readonly Record<Contestant, Measured>[];
  /** The key of the contestants in the context, and the heading of their rates. */
  contestants: { key: string; unit: string };
  /** Context before and after the ratios by round and the contestants. */
  context: { before: Record<string, unknown>; after: Record<string, unknown> };
  /** Text appended to a value of the table. */
  remark?: (name: Name) => string;
  /** Whether there is a verdict; by default, when enough rounds are clean. */
  enough?: boolean;
  /** The measurements that were too few for a verdict, as text; by default the number of clean rounds. */
  measured?: string;
}

/** The heading of the values of a report: see withSpread. */
export const MEDIAN = 'median (min-max)';

/**
 * Returns the medians by figure, and tables for readers. It contains no ratios when too few rounds were
 * clean.
 */
export function reportFigures<Name extends string, Contestant extends string>(
  found: FiguresFound<Name, Contestant>,
): Report {
  const { name, figures, values, clean, contestants, context, remark = () => '' } = found;
  const { enough = clean.length >= MIN_CLEAN_ROUNDS, measured = `${clean.length} clean rounds` } = found;
  const names = Object.keys(figures) as Name[];
  const rows = contestantRows(clean, contestants.unit);
  return {
    name,
    ratios: enough ? Object.fromEntries(names.map((each) => [each, rounded(median(values[each]))])) : {},
    context: {
      ...context.before,
      ratios_by_round: Object.fromEntries(names.map((each) => [each, values[each].map(rounded)])),
      [contestants.key]: Object.fromEntries(rows.map(({ contestant, ...rest }) => [contestant, rest])),
      ...context.after,
    },
    tables: [
      names.map((each) => {
        const [what, floor, goal] = figures[each];
        const value = values[each].length === 0 ? '-' : withSpread(values[each]) + remark(each);
        return { figure: `\`${each}\` ${what}`, [MEDIAN]: value, floor, goal };
      }),
      rows,
    ],
    verdict: enough
      ? `${clean.length} clean rounds`
      : `no verdict: ${measured}; other load on this machine disturbed the rest`,
  };
}
