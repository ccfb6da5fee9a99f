import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { broken, countJest, readOutcome, type Counts, type StepResult } from './results.ts';

export interface RunNx {
  root: string;
  targets: readonly string[];
  /** Runs only packages that are affected by changes since this commit. */
  base: string | undefined;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}

/** A task in the file that Nx writes about a run; only the fields that are read. */
interface NxTask {
  target: string;
  projectName: string;
  startTime: string;
  endTime: string;
  cacheStatus: string;
  status: number;
}

/** Runs the targets of all packages and continues after a failure. Unchanged targets come from the cache. */
export async function runNx({ root, targets, base, env, signal }: RunNx): Promise<StepResult[]> {
  const cache = join(root, '.nx/cache');
  const file = join(cache, 'run.json');
  rmSync(file, { force: true });
  const which = base === undefined ? ['run-many'] : ['affected', `--base=${base}`];
  const code = await runCommand({
    command: [
      join(root, 'node_modules/.bin/nx'),
      ...which,
      `--targets=${targets.join(',')}`,
      '--outputStyle=static',
      '--skipSync',
    ],
    // Without Nx's command runner: it would give a task a separate terminal, outside of the group that is
    // ended.
    env: {
      ...env,
      NX_CACHE_DIRECTORY: cache,
      NX_NATIVE_COMMAND_RUNNER: 'false',
      NX_LOAD_DOT_ENV_FILES: 'false',
    },
    signal,
  });
  // Nx writes its file when it ends. After an abort, a file can only come from a run that a spec has started.
  if (signal.aborted) return [];
  const tasks = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { tasks: NxTask[] }).tasks : [];
  const results = targets
    .map((target) => tasks.filter((task) => task.target === target))
    .filter((some) => some.length > 0)
    .map((some) => sumUp(root, some));
  const explained = code === 0 || results.some(({ failed }) => failed > 0);
  return explained ? results : [...results, broken('nx', `exited with code ${code}`)];
}

/** Sums up the tasks of one target. */
function sumUp(root: string, tasks: readonly NxTask[]): StepResult {
  const counts = tasks.map((task) => countTask(root, task));
  const failures = counts.flatMap((each) => each.failures ?? []);
  const sum = (key: 'passed' | 'failed' | 'skipped') => counts.reduce((total, each) => total + each[key], 0);
  const times = tasks.flatMap(({ startTime, endTime }) => [Date.parse(startTime), Date.parse(endTime)]);
  const cached = tasks.filter(({ cacheStatus }) => cacheStatus !== 'cache-miss').length;
  const problems = tasks.flatMap(
    ({ projectName }, i) => counts[i]?.problem ?? (counts[i]?.failed ? projectName : []),
  );
  return {
    name: tasks[0]?.target ?? '',
    ms: Math.max(...times) - Math.min(...times),
    passed: sum('passed'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    failures,
    note: [cached > 0 && `${cached} of ${tasks.length} from the cache`, ...problems]
      .filter(Boolean)
      .join(', '),
  };
}

/** Counts a task: a check counts as one test, the specs of a package count individually. */
function countTask(root: string, { projectName, target, status }: NxTask): Counts {
  const outcome = readOutcome(join(root, '.nx/results', projectName, `${target}.json`));
  if (outcome) return countJest(root, status, outcome);
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}
