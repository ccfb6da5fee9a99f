import { parseArgs } from 'node:util';
import { isGood, stepLine, totalLine, type StepResult } from './results.ts';
import { runAll } from './run-all.ts';

const { values, positionals: patterns } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' } },
});

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

const results = await runAll({ patterns, only: values.only, signal: controller.signal }).catch(
  (error: unknown) => {
    console.log(error);
    return [broken('runner', 'crashed')];
  },
);
if (controller.signal.aborted) results.push(broken('runner', 'interrupted'));
if (results.length === 0) results.push(broken('runner', `no step is named ${values.only}`));

console.log(`\n${results.map(stepLine).join('\n')}`);
console.log(`      in ${((performance.now() - begin) / 1000).toFixed(0)} s\n`);
// Not left to an empty event loop: whatever a step left open must not keep the run from ending.
process.stdout.write(`${totalLine(results)}\n`, () => process.exit(results.every(isGood) ? 0 : 1));
