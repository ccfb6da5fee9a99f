import { chmodSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readArguments, refuseArguments, unknownNames } from '@core/runtime';
import { claimFolder, TEST_RUN, TEST_SERVICES, workspaceRoot } from '@core/testing';
import { runCommand } from './command.ts';
import { taggedSpecs, uselessPattern } from './match-specs.ts';
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
const HELP = `npm test                      everything that CI runs; what has not changed comes from the cache of Nx
npm test -- <part of a path>  the specs whose path has one of the parts, such as customers.spec or libs/db
npm test -- --only <part>     one part alone: ${parts.join(', ')}
npm test -- --tag <tag>       the specs whose first line is "// tag: <tag>"
npm test -- --base <commit>   only the packages that are affected by what has changed since then`;

const { values, positionals: patterns } = readArguments(HELP, {
  allowPositionals: true,
  options: { only: { type: 'string' }, tag: { type: 'string' }, base: { type: 'string' } },
});
const { only, tag, base } = values;
const tagged = tag === undefined ? [] : taggedSpecs(root, tag);
const problem =
  unknownNames('part', only === undefined ? [] : [only], parts) ??
  uselessPattern(root, patterns) ??
  (tag !== undefined && tagged.length === 0 ? `no spec has the tag ${tag}` : undefined);
if (problem) refuseArguments(HELP, problem);
if ([only, tag, patterns[0]].filter((each) => each !== undefined).length > 1) {
  refuseArguments(HELP, 'a part, a tag and parts of paths exclude each other');
}
const chosen = [...patterns, ...tagged];
// Nx keeps one place for its results in a checkout. A run that a spec starts is part of the run that it is in.
const isPart = process.env[TEST_RUN] !== undefined;
if (chosen.length === 0 && !isPart && !(await claimFolder('nx', root))) {
  refuseArguments(HELP, 'another run of npm test is under way in this checkout: wait for it, or name specs');
}

const begin = performance.now();
/** The time that CI gives. */
const LIMIT_MIN = 90;
const controller = new AbortController();
const { signal } = controller;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => controller.abort('interrupted'));
}
const limit = setTimeout(
  () =>
    controller.abort(`ended after ${LIMIT_MIN} minutes: run parts of it (--only, --base, or parts of paths)`),
  LIMIT_MIN * 60_000,
);

// Holds everything that the run and its specs put into the temporary folder, so that an interrupted one leaves nothing.
const dir = mkdtempSync(join(tmpdir(), 'core-run-'));
chmodSync(dir, 0o711); // PostgreSQL's user passes through
// A spec may have started us: its services are not ours.
const env = Object.assign(process.env, {
  TMPDIR: dir,
  [TEST_RUN]: join(dir, 'run.sock'),
  [TEST_SERVICES]: '',
});
const services = await offerServices(env[TEST_RUN]);

/** One run of Jest over all packages, which the cache has no part in. */
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
// Programs that specs have started stop by themselves, and write until then.
rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });

console.log(`\n${results.map(stepLine).join('\n')}`);
const failures = failureLines(results);
if (failures.length > 0) console.log(`\nnot passed:\n${failures.join('\n')}\n`);
console.log(`      in ${((performance.now() - begin) / 1000).toFixed(0)} s\n`);
// Not left to an empty event loop: whatever a step left open must not keep the run from ending.
process.stdout.write(`${totalLine(results)}\n`, () => process.exit(results.every(isGood) ? 0 : 1));
