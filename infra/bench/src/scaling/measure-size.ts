import { MIN_CLEAN_ROUNDS, measureRounds, type Measured } from '../rounds.ts';
import { median } from '../stats.ts';
import type { SuiteOptions } from '../suite.ts';
import { vacuum } from './fill.ts';
import type { ScalingDatabase, ScalingServer } from './open-server.ts';
import { tableFigures, vacuumAfterUpdates, type TableFigures, type VacuumFigures } from './table-figures.ts';
import { WORK, workOf, type Work } from './work.ts';

/** The figures of one primary at one table size. */
export interface SizeFigures extends TableFigures {
  /** Customers per second, one entry for each clean round. */
  rates: Record<Work, number[]>;
  /**
   * WAL bytes per customer, for work that writes: the records alone, and with the full pages of the rounds.
   */
  wal: Record<WriteWork, { records: number; withWholePages: number }>;
  vacuum: VacuumFigures;
}

const WRITE_WORK = ['pages', 'create', 'scores'] as const;
export type WriteWork = (typeof WRITE_WORK)[number];

/** Measures a newly filled table: its size first, VACUUM last. */
export async function measureSize(
  server: ScalingServer,
  database: ScalingDatabase,
  customers: number,
  { rounds, seconds, say }: Pick<SuiteOptions, 'rounds' | 'seconds' | 'say'>,
): Promise<SizeFigures> {
  const figures = await tableFigures(database);
  const walBytes = Object.fromEntries(WORK.map((work) => [work, [] as number[]])) as Record<Work, number[]>;
  const work = workOf(database, {
    customers,
    seconds,
    onWal: (of, bytes) => walBytes[of].push(bytes),
  });
  await work.scores(); // warm-up: creates the first plans
  const clean: Record<Work, Measured>[] = await measureRounds(work, Math.min(MIN_CLEAN_ROUNDS, rounds), say);
  const whole = { ...walBytes };
  for (const each of WRITE_WORK) walBytes[each] = [];
  await server.logWholePages(false);
  for (const each of WRITE_WORK) await work[each]();
  await server.logWholePages(true);
  await vacuum(database);
  return {
    ...figures,
    rates: Object.fromEntries(
      WORK.map((each) => [each, clean.map((round) => round[each].perSecond)]),
    ) as SizeFigures['rates'],
    wal: Object.fromEntries(
      WRITE_WORK.map((each) => [
        each,
        { records: medianOrNaN(walBytes[each]), withWholePages: medianOrNaN(whole[each]) },
      ]),
    ) as SizeFigures['wal'],
    vacuum: await vacuumAfterUpdates(database),
  };
}

const medianOrNaN = (values: readonly number[]): number => (values.length === 0 ? NaN : median(values));
