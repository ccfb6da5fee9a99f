import { makeServicesDir, removeServicesDir } from '@core/testing';
import { buildBundles } from '../bundles.ts';
import { disturbance, cpuSnapshot } from '../cpu.ts';
import { describeMachine } from '../describe-machine.ts';
import { measureRounds, describeDisturbance } from '../rounds.ts';
import type { Report, SuiteOptions } from '../suite.ts';
import { bulkShop, memoryOf, upsertFile, writeFile, writesOfReimport } from './bulk.ts';
import { importShop } from './drive-import.ts';
import { measureNeighbors } from './neighbors.ts';
import { openImportStack } from './open-stack.ts';
import { reportImport } from './report-import.ts';
import { measureRestCeiling } from './rest-ceiling.ts';
import { ROWS, upsertSeries } from './series.ts';

const SIZES = { rest: 500_000, neighbors: 20_000, bulk: 100_000, small: 10_000, large: 1_000_000 };
/** A quick run only shows that the suite works. */
const QUICK: typeof SIZES = { rest: 10_000, neighbors: 2_500, bulk: 5_000, small: 1_000, large: 5_000 };

/**
 * Compares imports with the shop's limits, with a local file, and with simpler ways to write the same rows.
 */
export async function benchImport(options: SuiteOptions): Promise<Report> {
  const { rounds, seconds, warmUp, say, stops, signal } = options;
  const sizes = warmUp > 1 ? SIZES : QUICK;
  const dir = stops.adopt(makeServicesDir(), removeServicesDir);
  await buildBundles(['importer', 'worker'], signal);
  const stack = await openImportStack(dir, options);

  say('warming up');
  const upserts = upsertSeries(stack);
  for (const each of Object.values(upserts)) await each();
  const clean = await measureRounds(upserts, rounds, say);

  const rest = await measureRestCeiling(stack, sizes.rest, options);
  const neighbors = await measureNeighbors(
    stack,
    { customers: sizes.neighbors, rounds: Math.min(3, rounds) },
    options,
  );

  const path = await writeFile(dir, sizes.bulk);
  const bulk: number[] = [];
  const file: number[] = [];
  const importer = await stack.start('importer');
  for (let round = 1; round <= Math.min(3, rounds); round++) {
    const before = cpuSnapshot();
    const { seconds: took } = await importShop(stack, await bulkShop(stack, sizes.bulk), 'bulk', signal);
    bulk.push(sizes.bulk / took);
    file.push(await upsertFile(stack, path));
    say(
      `round ${round}  bulk ${Math.round(bulk.at(-1) ?? 0)}/s, local file ${Math.round(file.at(-1) ?? 0)}/s  ${describeDisturbance(disturbance(before, cpuSnapshot()))}`,
    );
  }
  const again = await bulkShop(stack, sizes.bulk);
  await importShop(stack, again, 'bulk', signal);
  const reimportWrites = await writesOfReimport(stack, again, signal);
  say(`second import of the same data: ${reimportWrites} rows written`);
  await importer.stop();
  const memory = {
    small: await memoryOf(stack, sizes.small, signal),
    large: await memoryOf(stack, sizes.large, signal),
  };
  say(
    `importer's peak memory at ${sizes.small} and ${sizes.large} customers: ${memory.small} and ${memory.large} bytes`,
  );

  const machine = await describeMachine(stack.ownerUrl);
  const settings = { ...sizes, upsert_rows: ROWS, rounds: clean.length, seconds };
  return reportImport({
    clean,
    rest,
    neighbors,
    bulk,
    file,
    reimportWrites,
    memory,
    machine,
    settings,
  });
}
