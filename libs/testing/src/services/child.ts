import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { within } from '@core/runtime';
import { waitUntil } from './wait-until.ts';

export interface Launch {
  /** The name used in messages. */
  name: string;
  command: string;
  args: string[];
  /** The file for the output of the process; each launch overwrites it. */
  logFile: string;
  /** Holds the pid while the process runs, see stopLeftover. */
  pidFile: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves with, for example, "exit code 1" or "SIGKILL" when the process has ended; never rejects. */
  readonly exited: Promise<string>;
  alive(): boolean;
  /** Sends SIGINT, a clean stop for all three services, and SIGKILL if the stop takes longer than 30 s. */
  stop(): Promise<void>;
  /** Sends SIGKILL, to simulate a crash. */
  kill(): Promise<void>;
}

// When this process dies by SIGKILL, this shell's standard input ends, and it stops the service instead.
const WATCHDOG = 'while read -r _; do :; done; kill -s INT "$1"';

/**
 * Starts a service in a separate process group. Ctrl-C therefore reaches this process only, which stops the
 * service after its clients have ended.
 */
export async function launch(options: Launch): Promise<Child> {
  const { name, command, args, logFile, pidFile, ...spawnOptions } = options;
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w');
  const child = spawn(command, args, { ...spawnOptions, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => resolve(error.message)); // only a failed spawn has no pid
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} could not be started: ${await exited}`);

  writeFileSync(pidFile, `${pid}\n`);
  const watchdog = watch(pid);
  void exited.then(() => {
    watchdog.kill('SIGKILL');
    rmSync(pidFile, { force: true });
  });
  const alive = () => child.exitCode === null && child.signalCode === null;

  return {
    name,
    pid,
    logFile,
    exited,
    alive,
    async stop() {
      if (alive()) child.kill('SIGINT');
      if ((await within(30_000, exited)) === undefined) child.kill('SIGKILL');
      await exited;
    },
    async kill() {
      if (alive()) child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * Waits until `check` returns true; an exception counts as "not yet". Returns the child.
 * @throws Error with the end of the child's log when it ends or is not ready in time; the child is killed
 *   then
 */
export async function whenReady(child: Child, check: () => Promise<boolean>): Promise<Child> {
  const outcome = await waitUntil(async () => !child.alive() || (await check()), {
    what: `${child.name} to be ready`,
    limitMs: 180_000,
  }).catch(String);
  if (outcome === true && child.alive()) return child;
  const how = child.alive() ? outcome : await child.exited;
  await child.kill();
  throw new Error(`${child.name} did not start (${how}). The end of its log:\n${tail(child.logFile)}`);
}

/** Returns the last lines of a log, for an error message. */
const tail = (file: string): string => readFileSync(file, 'utf8').trimEnd().split('\n').slice(-15).join('\n');

function watch(pid: number): ChildProcess {
  const watchdog = spawn('sh', ['-c', WATCHDOG, 'watchdog', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.unref();
  (watchdog.stdin as { unref?: () => void } | null)?.unref?.();
  return watchdog;
}
