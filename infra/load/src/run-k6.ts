import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

/**
 * Runs k6/reads.js. Its summary goes to this terminal; its progress (a line per second) is replaced by ours.
 * @param settings see the script
 * @returns the exit code: 99 when a threshold was crossed
 */
export async function runK6(
  k6: string,
  settings: Record<string, string | number>,
  { say, signal }: { say: (line: string) => void; signal: AbortSignal },
): Promise<number> {
  const root = workspaceRoot();
  const env = Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const child = spawn(
    k6,
    [
      'run',
      '--quiet',
      '--no-usage-report',
      '--no-color',
      '--address',
      '',
      ...env,
      join(root, 'infra/load/k6/reads.js'),
    ],
    { cwd: root, signal, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const begin = performance.now();
  const progress = setInterval(
    () => say(`under load for ${((performance.now() - begin) / 1_000).toFixed(0)} s`),
    10_000,
  );
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, killedBy) =>
        killedBy ? reject(new Error(`k6 was killed by ${killedBy}`)) : resolve(code ?? 1),
      );
    });
  } finally {
    clearInterval(progress);
  }
}
