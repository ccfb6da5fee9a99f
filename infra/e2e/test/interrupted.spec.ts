import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil, workspaceRoot } from '@core/testing';

// A run of `npm test` that ends in the middle, with a temporary folder of its own to look into afterwards.
const LIMIT_MS = 300_000;
let dir: string;
let npm: ChildProcess;
let said: string;

afterEach(() => {
  npm.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

function start(...args: string[]): void {
  dir = mkdtempSync(join(tmpdir(), 'core-interrupted-'));
  said = '';
  npm = spawn('npm', ['test', '--', ...args], {
    cwd: workspaceRoot(),
    // npm keeps its own compiled code in the temporary folder, unless it is told not to.
    env: { ...process.env, TMPDIR: dir, NODE_DISABLE_COMPILE_CACHE: '1' },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [npm.stdout, npm.stderr]) stream?.on('data', (text: Buffer) => (said += String(text)));
}

const until = (what: string, holds: () => boolean) => waitUntil(holds, { what, limitMs: LIMIT_MS });
const entries = (): string[] => readdirSync(dir, { recursive: true, encoding: 'utf8' });
/** Processes with the folder in their command line or environment. */
const users = (): string[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => {
      try {
        return ['cmdline', 'environ'].some((file) =>
          readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(dir),
        );
      } catch {
        return false; // gone
      }
    });

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;

async function leavesNothing(signal: NodeJS.Signals): Promise<void> {
  npm.kill(signal);
  await until('every process to end', () => users().length === 0);
  expect(entries()).toEqual([]);
}

it.each(SIGNALS)('leaves nothing when npm gets %s while the services start', async (signal) => {
  start('libs/domain/test/storable');
  await until('the services to start', () => entries().some((path) => path.includes('kafka')));
  await leavesNothing(signal);
});

it.each(SIGNALS)('leaves nothing when npm gets %s while Jest runs', async (signal) => {
  start('libs/domain/test/storable');
  await until('Jest to run', () => /services are up/.test(said));
  await leavesNothing(signal);
});

it('leaves nothing when it is interrupted while Nx runs', async () => {
  start('--only', 'dependencies');
  await until('Nx to run', () => /Running target/.test(said));
  await leavesNothing('SIGTERM');
});
