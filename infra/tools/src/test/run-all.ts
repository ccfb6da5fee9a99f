import { fetchKafkaJars, startTestServices, type RunningTestServices } from '@core/testing';
import { ensureSystem } from '@core/local';
import { stepLine, type StepResult } from './results.ts';
import { runCheck, runJest } from './run-steps.ts';
import { checks, jestRuns } from './steps.ts';

export interface RunAll {
  /** The folder of the repository. */
  root: string;
  /** Parts of file names: only the specs that match, and no checks. */
  patterns: string[];
  /** The name of the one step to run. */
  only?: string;
  signal: AbortSignal;
}

/**
 * Runs every step, also after one has failed; the services start while the checks run. Without services Jest
 * is not run, which counts as failed.
 */
export async function runAll({ root, patterns, only, signal }: RunAll): Promise<StepResult[]> {
  const isChosen = ({ name }: { name: string }) => only === undefined || name === only;
  const chosenChecks = patterns.length > 0 ? [] : checks(root).filter(isChosen);
  const chosenRuns = jestRuns(root, patterns).filter(isChosen);
  const results: StepResult[] = [];
  const services = chosenRuns.length > 0 ? startServices() : undefined;
  try {
    for (const check of chosenChecks) if (!signal.aborted) results.push(await runCheck(check, signal));
    const running = await services;
    if (!running) return results;
    for (const run of chosenRuns) {
      if (signal.aborted) break;
      if (running.value) results.push(await runJest(run, running.value.addresses, signal));
      else results.push(failed(run.name, 0, 'not run, because the services did not start'));
    }
    results.push(servicesResult(running));
  } finally {
    await (await services)?.value?.stop();
  }
  return results;
}

interface Started {
  ms: number;
  value?: RunningTestServices;
  problem?: string;
}

/** Never rejects: the checks go on without the services. */
async function startServices(): Promise<Started> {
  const begin = performance.now();
  const say = (message: string) => console.log(`      ${message}`);
  try {
    await ensureSystem({ need: ['java', 'mvn', 'redis-server', 'pgbouncer'], onProgress: say });
    await fetchKafkaJars(say);
    const value = await startTestServices((name, ms) =>
      say(`${name} is up after ${(ms / 1000).toFixed(1)} s`),
    );
    return { ms: performance.now() - begin, value };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    console.log(`the services did not start: ${problem}`);
    return { ms: performance.now() - begin, problem };
  }
}

/** The services as a check of their own: they came up, and none has died since. */
function servicesResult({ ms, value, problem }: Started): StepResult {
  const dead = value?.children.filter((child) => !child.alive()).map((child) => child.name) ?? [];
  const why =
    problem?.split('\n')[0] ?? (dead.length > 0 ? `died during the run: ${dead.join(', ')}` : undefined);
  const result =
    why === undefined
      ? { name: 'services', ms, passed: 1, failed: 0, skipped: 0 }
      : failed('services', ms, why);
  console.log(stepLine(result));
  return result;
}

const failed = (name: string, ms: number, problem: string): StepResult => ({
  name,
  ms,
  passed: 0,
  failed: 1,
  skipped: 0,
  problem,
});
