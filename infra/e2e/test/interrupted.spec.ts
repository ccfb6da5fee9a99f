import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil, workspaceRoot } from '@core/testing';

// Interrupts a run of `npm test`, which has a separate temp folder that is inspected afterwards.
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
    // npm would store its compile cache in the temp folder.
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
        return false; // the process has ended
      }
    });

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;

async function leavesNothing(signal: NodeJS.Signals): Promise<void> {
  npm.kill(signal);
  await until('every process to exit', () => users().length === 0);
  expect(entries()).toEqual([]);
}

it.each(SIGNALS)(
  'leaves no process or file when npm receives %s while the services start',
  async (signal) => {
    start('libs/domain/test/storable');
    await until('the services to start', () => entries().some((path) => path.includes('kafka')));
    await leavesNothing(signal);
  },
);

it.each(SIGNALS)('leaves no process or file when npm receives %s while Jest runs', async (signal) => {
  start('libs/domain/test/storable');
  await until('Jest to run', () => /services are up/.test(said));
  await leavesNothing(signal);
});

it('leaves no process or file when it is interrupted while Nx runs', async () => {
  start('--only', 'dependencies');
  await until('Nx to run', () => /Running target/.test(said));
  await leavesNothing('SIGTERM');
});
