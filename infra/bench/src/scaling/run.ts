import { makeServicesDir, removeServicesDir } from '@core/testing';
import { describeMachine } from '../describe-machine.ts';
import { rounded } from '../stats.ts';
import type { Report, SuiteOptions } from '../suite.ts';
import { compare, PARTITIONS } from './compare.ts';
import { fill } from './fill.ts';
import { dropIndexOfScores, measureHotShares, measureLists } from './hot-indexes.ts';
import { measureSize, type SizeFigures } from './measure-size.ts';
import { openServer, type ScalingDatabase, type ScalingServer } from './open-server.ts';
import { measureRemoval } from './removal.ts';
import { reportScaling } from './report-scaling.ts';
import { vacuumAfterUpdates } from './table-figures.ts';

const SIZES = [100_000, 1_000_000, 3_000_000];
/** A quick run only shows that the suite works. */
const QUICK = [8_000, 16_000];
/** Partitions are compared with one table at the largest size that is not above this. */
const COMPARED = 1_000_000;

/**
 * Measures the capacity of one primary by number of customers, and compares it with and without partitions
 * and the index of scores.
 */
export async function benchScaling(options: SuiteOptions): Promise<Report> {
  const { seconds, warmUp, say, stops, signal } = options;
  const sizes = options.sizes ?? (warmUp > 1 ? SIZES : QUICK);
  const compared = sizes.filter((size) => size <= COMPARED).at(-1) ?? sizes[0] ?? COMPARED;
  const dir = stops.adopt(makeServicesDir(), removeServicesDir);
  const server = await openServer(dir, options);
  const found: SizeFigures[] = [];
  let comparison: Comparison | undefined;
  for (const size of sizes) {
    // A new table for each size: remains of a smaller size's measurements would distort the larger one's.
    const one = await server.create('one_table');
    say(`filling one table with ${size} customers`);
    await fill(one, size, signal);
    const figures = await measureSize(server, one, size, options);
    say(
      `${figures.rows} customers: ${rounded(figures.table)} and ${rounded(figures.indexes)} bytes per customer (table, indexes), VACUUM ${rounded(figures.vacuum.seconds)} s`,
    );
    found.push(figures);
    if (size === compared) comparison = await compareAt(server, one, size, options);
    else await server.drop(one);
  }
  if (!comparison) throw new Error('no size was compared');
  return reportScaling({
    sizes: found,
    ...comparison,
    machine: await describeMachine(server.adminUrl),
    settings: { compared_at: compared, rounds: comparison.clean.length, seconds },
  });
}

type Comparison = Pick<
  Parameters<typeof reportScaling>[0],
  'clean' | 'hot' | 'lists' | 'removal' | 'vacuumOfParts'
>;

/** Compares one table, the same rows in partitions, and a copy of the table without the index of scores. */
async function compareAt(
  server: ScalingServer,
  measured: ScalingDatabase,
  size: number,
  options: SuiteOptions,
): Promise<Comparison> {
  const { say, signal } = options;
  await server.drop(measured);
  const [one, parts] = [await server.create('one_table'), await server.create('partitions', PARTITIONS)];
  say('filling one table and partitions with the same customers');
  await fill(one, size, signal);
  await fill(parts, size, signal);
  const [lean, oneTable] = await server.copy(one, 'lean');
  await dropIndexOfScores(lean);
  const clean = await compare({ one: oneTable, parts, lean }, size, options);
  await server.drop(lean);
  const found = {
    clean,
    hot: await measureHotShares(oneTable, signal),
    lists: await measureLists(oneTable),
    vacuumOfParts: await vacuumAfterUpdates(parts),
    removal: await measureRemoval(oneTable, parts),
  };
  await server.drop(parts);
  await server.drop(oneTable);
  return found;
}
