import { createProcesses } from '../processes.ts';
import { createRandom } from '../random.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import type { ImportFixture, ImportScenario } from './scenario.ts';
import { importerKilled } from './scenarios/importer-killed.ts';
import { serviceFaults } from './scenarios/service-faults.ts';
import { shopifyFaults } from './scenarios/shopify-faults.ts';
import { importerStopped } from './scenarios/importer-stopped.ts';
import { openImportStack } from './stack.ts';

const SCENARIOS: ImportScenario[] = [
  ...importerKilled,
  ...serviceFaults,
  ...importerStopped,
  ...shopifyFaults,
];

/** The short form: each kind of fault once. Each killed importer costs a lease of 15 s. */
const IN_SHORT = [
  'importer killed at every boundary, graphql',
  'Redis flushed',
  'PostgreSQL killed and restarted',
  'importer stopped, woken after its successor took over',
  'limits that shrink, rest',
  'a storm of 429, graphql',
  'tokens that expire, graphql',
  'edits, deletions, merges and new customers while paging, bulk',
];

/** Runs the scenarios in turn on one stack; after each, the stored customers are compared with the shop. */
export async function runImportFaults({
  short,
  seed,
  only,
  say,
  signal,
}: FaultRunOptions): Promise<FaultRun> {
  say(`seed ${seed}`);
  await using stack = await openImportStack();
  await using importers = createProcesses('importer', stack);
  const fixture: ImportFixture = { stack, importers, random: createRandom(seed), short, signal };
  const run = { passed: 0, failed: 0 };
  for (const scenario of SCENARIOS.filter(({ name }) =>
    only ? name.includes(only) : !short || IN_SHORT.includes(name),
  )) {
    signal.throwIfAborted();
    const { note, violations } = await scenario.run(fixture);
    run[violations.length === 0 ? 'passed' : 'failed']++;
    say(`${violations.length === 0 ? 'ok    ' : 'FAILED'} ${scenario.name}: ${note}`);
    for (const violation of violations) say(`       ${violation}`);
  }
  return run;
}
