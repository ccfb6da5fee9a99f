import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';

const run = (program: string, args: readonly string[], signal: AbortSignal) => {
  const cwd = workspaceRoot();
  return promisify(execFile)(process.execPath, [join(cwd, program), ...args], {
    cwd,
    signal,
  });
};

/** Bundles deployables into dist/<name>/main.mjs, as the container images hold them. */
export async function buildBundles(names: readonly string[], signal: AbortSignal): Promise<void> {
  await run('infra/tools/src/build.ts', names, signal);
}

/** Installs these on Debian when they are missing. @throws Error that says what to install elsewhere */
export async function ensureSystem(commands: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await run('infra/local/src/ensure.ts', commands, signal);
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw stderr ? new Error(stderr.trim()) : error;
  }
}
