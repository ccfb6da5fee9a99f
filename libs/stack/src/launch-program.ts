import { join, resolve } from 'node:path';
import { launch, workspaceRoot, type Child } from '@core/testing';

export interface LaunchProgram {
  /** Names the process, its log file and its pid file. */
  name: string;
  /** The file that Node runs, from the root of the checkout. */
  program: string;
  /** The folder of its log file and its pid file. */
  dir: string;
  /** The process gets PATH and HOME as well, and no other variable. */
  env: NodeJS.ProcessEnv;
}

/** For a program that runs from its sources: its start takes half the CPU. */
const fromSources = (program: string) => {
  if (!program.endsWith('.ts')) return { flags: [], env: {} };
  const root = workspaceRoot();
  return {
    flags: ['--import', join(root, 'libs/stack/src/fast-imports.ts')],
    // Also of types that are stripped. Nobody has to clear it: it knows the contents of each file.
    env: { NODE_COMPILE_CACHE: join(root, '.nx/compiled') },
  };
};

/** Starts a program of the repository as a process, and does not wait until it is ready. */
export function launchProgram({ name, program, dir, env }: LaunchProgram): Promise<Child> {
  const sources = fromSources(program);
  return launch({
    name,
    command: process.execPath,
    args: [...sources.flags, resolve(workspaceRoot(), program)],
    cwd: workspaceRoot(),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...sources.env, ...env },
    logFile: join(dir, `${name}.log`),
    pidFile: join(dir, `${name}.pid`),
  });
}
