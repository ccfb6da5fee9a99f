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

/** Starts a program of the repository as a process, and does not wait until it is ready. */
export const launchProgram = ({ name, program, dir, env }: LaunchProgram): Promise<Child> =>
  launch({
    name,
    command: process.execPath,
    args: [resolve(workspaceRoot(), program)],
    cwd: workspaceRoot(),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    logFile: join(dir, `${name}.log`),
    pidFile: join(dir, `${name}.pid`),
  });
