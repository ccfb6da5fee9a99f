import { FEWEST_CLEAN, alternate, type Measured } from '../rounds.ts';
import { median } from '../stats.ts';
import type { SuiteOptions } from '../suite.ts';
import { vacuum } from './fill.ts';
import type { ScalingDatabase, ScalingServer } from './open-server.ts';
import { tableFigures, vacuumAfterADay, type TableFigures, type VacuumFigures } from './table-figures.ts';
import { WORK, workOf, type Work } from './work.ts';

/** The figures of one primary at one table size. */
export interface SizeFigures extends TableFigures {
  /** Customers per second, one entry for each clean round. */
  rates: Record<Work, number[]>;
  /**
   * WAL bytes per customer, for work that writes: the records alone, and with the full pages of the rounds.
   */
  wal: Record<Writing, { records: number; withWholePages: number }>;
  vacuum: VacuumFigures;
}

const WRITING = ['pages', 'create', 'scores'] as const;
export type Writing = (typeof WRITING)[number];

/** Measures a newly filled table: its size first, VACUUM last. */
export async function measureSize(
  server: ScalingServer,
  database: ScalingDatabase,
  customers: number,
  { rounds, seconds, say }: Pick<SuiteOptions, 'rounds' | 'seconds' | 'say'>,
): Promise<SizeFigures> {
  const figures = await tableFigures(database);
  const seen = Object.fromEntries(WORK.map((work) => [work, [] as number[]])) as Record<Work, number[]>;
  const work = workOf(database, {
    customers,
    seconds,
    onWal: (of, bytes) => seen[of].push(bytes),
  });
  await work.scores(); // warm-up: creates the first plans
  const clean: Record<Work, Measured>[] = await alternate(work, Math.min(FEWEST_CLEAN, rounds), say);
  const whole = { ...seen };
  for (const each of WRITING) seen[each] = [];
  await server.logWholePages(false);
  for (const each of WRITING) await work[each]();
  await server.logWholePages(true);
  await vacuum(database);
  return {
    ...figures,
    rates: Object.fromEntries(
      WORK.map((each) => [each, clean.map((round) => round[each].perSecond)]),
    ) as SizeFigures['rates'],
    wal: Object.fromEntries(
      WRITING.map((each) => [each, { records: middle(seen[each]), withWholePages: middle(whole[each]) }]),
    ) as SizeFigures['wal'],
    vacuum: await vacuumAfterADay(database),
  };
}

const middle = (values: readonly number[]): number => (values.length === 0 ? NaN : median(values));
