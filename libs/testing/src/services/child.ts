import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { within } from '@core/runtime';
import { waitUntil } from './wait-until.ts';

export interface Launch {
  /** As people call it; used in messages. */
  name: string;
  command: string;
  args: string[];
  /** The file for its output; each launch overwrites it. */
  logFile: string;
  /** Written with its pid while it runs, see stopLeftover. */
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
  /** Resolves with "exit code 1" or "SIGKILL" once it is gone; never rejects. */
  readonly exited: Promise<string>;
  alive(): boolean;
  /** SIGINT (a clean stop for all three services), and SIGKILL if it takes longer than 30 s. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
}

// If we die by SIGKILL this shell's standard input ends, and it stops the service in our place.
const WATCHDOG = 'while read -r _; do :; done; kill -s INT "$1"';

/** Starts a service process in a group of its own: Ctrl-C reaches us alone, and we stop it when its clients are gone. */
export async function launch(options: Launch): Promise<Child> {
  const { name, command, args, logFile, pidFile, ...spawnOptions } = options;
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w');
  const child = spawn(command, args, { ...spawnOptions, detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => resolve(error.message)); // only "could not be spawned" comes without a pid
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

/** Waits until `check` is true (a throw counts as not yet), and hands the child on; fails with the end of its log. */
export async function whenReady(child: Child, check: () => Promise<boolean>): Promise<Child> {
  const outcome = await waitUntil(async () => !child.alive() || (await check()), {
    what: `${child.name} to be ready`,
    limitMs: 180_000,
  }).catch(String);
  if (outcome === true && child.alive()) return child;
  const how = child.alive() ? outcome : await child.exited;
  await child.kill();
  throw new Error(`${child.name} did not start (${how}); the end of its log:\n${tail(child.logFile)}`);
}

/** The last lines of a log, for an error message. */
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
