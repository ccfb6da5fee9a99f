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

/** Builds the bundles dist/<name>/main.mjs, as the container images contain them. */
export async function buildBundles(names: readonly string[], signal: AbortSignal): Promise<void> {
  await run('infra/tools/src/build.ts', names, signal);
}

/** Installs missing commands on Debian. @throws Error elsewhere, naming the packages to install */
export async function ensureSystem(commands: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await run('infra/local/src/ensure.ts', commands, signal);
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw stderr ? new Error(stderr.trim()) : error;
  }
}
