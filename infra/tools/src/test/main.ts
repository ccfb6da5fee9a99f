import { readArguments, refuseArguments, unknownNames } from '@core/runtime';
import { workspaceRoot } from '@core/testing';
import { uselessPattern } from './match-specs.ts';
import { isGood, stepLine, totalLine, type StepResult } from './results.ts';
import { runAll } from './run-all.ts';
import { checks, jestRuns } from './steps.ts';

const root = workspaceRoot();
const parts = [...checks(root), ...jestRuns(root, [])].map(({ name }) => name);
const HELP = `npm test                      everything that CI runs
npm test -- <part of a path>  the specs whose path has one of the parts, such as customers.spec or libs/db
npm test -- --only <part>     one part alone: ${parts.join(', ')}`;

const { values, positionals: patterns } = readArguments(HELP, {
  allowPositionals: true,
  options: { only: { type: 'string' } },
});
const problem =
  unknownNames('part', values.only === undefined ? [] : [values.only], parts) ??
  uselessPattern(root, patterns);
if (problem) refuseArguments(HELP, problem);
if (values.only !== undefined && patterns.length > 0) {
  refuseArguments(HELP, '--only runs a part, and no specs that are named');
}

const begin = performance.now();
const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => controller.abort());
}

const broken = (name: string, problem: string): StepResult => ({
  name,
  ms: performance.now() - begin,
  passed: 0,
  failed: 1,
  skipped: 0,
  problem,
});

const results = await runAll({ root, patterns, only: values.only, signal: controller.signal }).catch(
  (error: unknown) => {
    console.log(error);
    return [broken('runner', 'crashed')];
  },
);
if (controller.signal.aborted) results.push(broken('runner', 'interrupted'));

console.log(`\n${results.map(stepLine).join('\n')}`);
console.log(`      in ${((performance.now() - begin) / 1000).toFixed(0)} s\n`);
// Not left to an empty event loop: whatever a step left open must not keep the run from ending.
process.stdout.write(`${totalLine(results)}\n`, () => process.exit(results.every(isGood) ? 0 : 1));
