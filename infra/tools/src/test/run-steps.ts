import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TEST_SERVICES, type TestServices } from '@core/testing';
import { runCommand } from './command.ts';
import { countJest, stepLine, type JestOutcome, type StepResult } from './results.ts';
import type { Check, JestRun } from './steps.ts';

const CHECK_LIMIT_MS = 15 * 60_000;
const JEST_LIMIT_MS = 45 * 60_000;
const AFTER_RESULT_MS = 60_000;

/** Runs a check; its output is shown if it fails, or is there to be read. */
export async function runCheck({ name, command, tells }: Check, signal: AbortSignal): Promise<StepResult> {
  const begin = performance.now();
  const env = { NX_DAEMON: 'false' }; // a daemon would outlive the run
  const { code, output } = await runCommand({ command, env, limitMs: CHECK_LIMIT_MS, signal, capture: true });
  const good = code === 0;
  const result = {
    name,
    ms: performance.now() - begin,
    passed: good ? 1 : 0,
    failed: good ? 0 : 1,
    skipped: 0,
  };
  console.log(stepLine(result));
  if ((!good || tells) && output.trim()) console.log(output.trimEnd());
  return result;
}

/** Runs Jest with its usual report, and counts by its JSON file rather than by its exit code alone. */
export async function runJest(
  { name, args, env }: JestRun,
  services: TestServices,
  signal: AbortSignal,
): Promise<StepResult> {
  const begin = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'core-jest-'));
  const file = join(folder, 'result.json');
  // A test that left something open keeps Jest from ending after its result is written.
  const hung = new AbortController();
  const watch = setInterval(() => {
    if (existsSync(file) && Date.now() - statSync(file).mtimeMs > AFTER_RESULT_MS) hung.abort();
  }, 1_000);
  try {
    const { code } = await runCommand({
      command: [process.execPath, 'node_modules/jest/bin/jest.js', ...args, '--json', `--outputFile=${file}`],
      env: { ...env, [TEST_SERVICES]: JSON.stringify(services) },
      limitMs: JEST_LIMIT_MS,
      signal: AbortSignal.any([signal, hung.signal]),
      capture: false,
    });
    const outcome = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as JestOutcome) : undefined;
    const counted = countJest(code, outcome);
    if (hung.signal.aborted) counted.problem = 'Jest did not end: a test left something open';
    const result = { name, ms: performance.now() - begin, ...counted };
    console.log(stepLine(result));
    return result;
  } finally {
    clearInterval(watch);
    rmSync(folder, { recursive: true });
  }
}
