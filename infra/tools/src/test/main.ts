import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readArguments, refuseArguments, unknownNames } from '@core/runtime';
import { claimFolder, TEST_RUN, TEST_SERVICES, workspaceRoot } from '@core/testing';
import { runCommand } from './command.ts';
import { taggedSpecs, patternWithoutSpecs } from './match-specs.ts';
import {
  broken,
  countJest,
  failureLines,
  isGood,
  readOutcome,
  stepLine,
  totalLine,
  type StepResult,
} from './results.ts';
import { runNx } from './run-nx.ts';
import { offerServices } from './services.ts';

const root = workspaceRoot();
const parts = Object.keys(
  (JSON.parse(readFileSync(join(root, 'nx.json'), 'utf8')) as { targetDefaults: object }).targetDefaults,
);
const HELP = `npm test                      runs everything that CI runs; unchanged results come from the cache of Nx
npm test -- <part of a path>  runs the specs whose path contains one of the parts, such as customers.spec or libs/db
npm test -- --only <part>     runs one part: ${parts.join(', ')}
npm test -- --tag <tag>       runs the specs whose first line is "// tag: <tag>"
npm test -- --base <commit>   runs only the packages that are affected by changes since that commit`;

const { values, positionals: patterns } = readArguments(HELP, {
  allowPositionals: true,
  options: { only: { type: 'string' }, tag: { type: 'string' }, base: { type: 'string' } },
});
const { only, tag, base } = values;
const tagged = tag === undefined ? [] : taggedSpecs(root, tag);
const problem =
  unknownNames('part', only === undefined ? [] : [only], parts) ??
  patternWithoutSpecs(root, patterns) ??
  (tag !== undefined && tagged.length === 0 ? `no spec has the tag ${tag}` : undefined);
if (problem) refuseArguments(HELP, problem);
if ([only, tag, patterns[0]].filter((each) => each !== undefined).length > 1) {
  refuseArguments(HELP, 'use only one of --only, --tag and parts of paths');
}
const chosen = [...patterns, ...tagged];
// Nx stores its results in one place per checkout. A run that a spec starts belongs to the run around it.
const isPart = process.env[TEST_RUN] !== undefined;
if (chosen.length === 0 && !isPart && !(await claimFolder('nx', root))) {
  refuseArguments(
    HELP,
    'another npm test is running in this checkout: wait until it ends, or run single specs',
  );
}

const begin = performance.now();
/** The time limit of CI. */
const LIMIT_MIN = 90;
const controller = new AbortController();
const { signal } = controller;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => controller.abort('interrupted'));
}
const limit = setTimeout(
  () =>
    controller.abort(
      `stopped after ${LIMIT_MIN} minutes: run only a part (--only, --base, or parts of paths)`,
    ),
  LIMIT_MIN * 60_000,
);

// The temp folder of the run and its specs, so that an interrupted run leaves no files.
const dir = mkdtempSync(join(tmpdir(), 'core-run-'));
chmodSync(dir, 0o711); // PostgreSQL's user must traverse it
// If a spec has started this run, its services must not be used.
const env = Object.assign(process.env, {
  TMPDIR: dir,
  [TEST_RUN]: join(dir, 'run.sock'),
  [TEST_SERVICES]: '',
});
const services = await offerServices(env[TEST_RUN]);

/** Runs Jest once over all packages, without the cache. */
async function runChosen(specs: readonly string[]): Promise<StepResult> {
  const started = performance.now();
  const [jest, result] = [join(root, 'node_modules/jest/bin/jest.js'), join(dir, 'result.json')];
  const projects = globSync('{apps,libs,infra}/*/jest.config.cjs', { cwd: root }).map((file) =>
    join(root, dirname(file)),
  );
  const args = [...specs, '--maxWorkers=2', '--json', `--outputFile=${result}`, '--projects', ...projects];
  const code = await runCommand({ command: [process.execPath, jest, ...args], env, signal });
  const { problem: note, ...counts } = countJest(root, code, readOutcome(result));
  return { name: 'chosen', ms: performance.now() - started, ...counts, ...(note && { note }) };
}

async function runAll(): Promise<StepResult[]> {
  const results =
    chosen.length > 0
      ? [await runChosen(chosen)]
      : await runNx({ root, targets: only === undefined ? parts : [only], base, env, signal });
  const dead = await services.problem();
  return dead === undefined ? results : [...results, broken('services', dead)];
}

const results = await runAll().catch((error: unknown) => {
  console.log(error);
  return [broken('runner', 'crashed')];
});
clearTimeout(limit);
if (signal.aborted) results.push(broken('runner', String(signal.reason)));
await services.stop();
// Programs that specs have started may still be stopping and writing files: retry.
rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });

console.log(`\n${results.map(stepLine).join('\n')}`);
const failures = failureLines(results);
if (failures.length > 0) console.log(`\nnot passed:\n${failures.join('\n')}\n`);
console.log(`      in ${((performance.now() - begin) / 1000).toFixed(0)} s\n`);
// Exits explicitly, because an open handle of a step must not keep the run from ending.
process.stdout.write(`${totalLine(results)}\n`, () => process.exit(results.every(isGood) ? 0 : 1));
