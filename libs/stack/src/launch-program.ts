import { join, resolve } from 'node:path';
import { fromSources, launch, workspaceRoot, type Child } from '@core/testing';

export interface LaunchProgram {
  /** Names the process, its log file and its pid file. */
  name: string;
  /** The file that Node runs, relative to the root of the checkout. */
  program: string;
  /** The folder of the log file and the pid file. */
  dir: string;
  /** The process also gets PATH and HOME, but no other variable of this process. */
  env: NodeJS.ProcessEnv;
}

/** Starts a program of the repository as a separate process, and does not wait until it is ready. */
export function launchProgram({ name, program, dir, env }: LaunchProgram): Promise<Child> {
  const run = program.endsWith('.ts')
    ? fromSources(program)
    : { args: [resolve(workspaceRoot(), program)], env: {} };
  return launch({
    name,
    command: process.execPath,
    args: run.args,
    cwd: workspaceRoot(),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...run.env, ...env },
    logFile: join(dir, `${name}.log`),
    pidFile: join(dir, `${name}.pid`),
  });
}
