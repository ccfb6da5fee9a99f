import { spawn, type ChildProcess } from 'node:child_process';
import { createLogger } from '@core/runtime';
import { waitUntil } from '@core/testing';
import { runWatchdog } from '../src/processes/watchdog.ts';
import { readMainThread, wasBusy } from '../src/processes/main-thread.ts';

const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

/** Starts a real process that runs `code`; it answers every message as soon as its event loop is free. */
async function start(code: string) {
  const child = spawn(
    process.execPath,
    [
      '-e',
      `process.on('message', () => process.send('alive')); process.send('started'); setImmediate(() => { ${code} });`,
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
  );
  children.push(child);
  let messageCount = 0;
  child.on('message', () => messageCount++);
  await waitUntil(() => messageCount > 0, { what: 'the process to start' });
  return {
    pid: child.pid!,
    messageCount: () => messageCount,
    query: async () => void child.send('alive', () => undefined),
    kill: () => void child.kill('SIGKILL'),
    signal: (name: NodeJS.Signals) => child.kill(name),
    ended: () => child.exitCode !== null || child.signalCode !== null,
  };
}
type Started = Awaited<ReturnType<typeof start>>;

const BLOCKED = 'const hold = new Int32Array(new SharedArrayBuffer(4)); Atomics.wait(hold, 0, 0);';
const ENDLESS = 'for (;;);';
/**
 * Blocks of 1.2 s, far longer than the 0.6 s in which a hang is detected; the event loop runs between them.
 */
const BUSY =
  'const block = () => { const end = Date.now() + 1_200; while (Date.now() < end); setImmediate(block); }; block();';

const log = createLogger('api', 'silent');
async function supervise(child: Started, until = new AbortController().signal) {
  const kills: string[] = [];
  await runWatchdog(child, {
    log,
    until,
    mayKill: () => true,
    onKill: (why) => void kills.push(why),
    everyMs: 200,
  });
  return kills;
}

it.each([
  ['is blocked', BLOCKED, undefined, 'hung'],
  ['is stopped', '', 'SIGSTOP', 'hung'],
  ['runs in an endless loop', ENDLESS, undefined, 'endless'],
] as const)('detects a process that %s', async (_, code, signal, why) => {
  const child = await start(code);
  if (signal) child.signal(signal);
  expect(await supervise(child)).toEqual([why]);
  await waitUntil(() => child.ended(), { what: 'the process to end' });
});

it.each([
  ['is busy', BUSY],
  ['is idle', ''],
])('keeps a process that %s', async (_, code) => {
  const child = await start(code);
  const done = new AbortController();
  const target = child.messageCount() + 4;
  const kills = supervise(child, done.signal);
  await waitUntil(() => child.messageCount() >= target || child.ended(), {
    what: 'several answers of the process',
  });
  done.abort();
  expect([await kills, child.ended()]).toEqual([[], false]);
});

it('measures activity on the main thread only', async () => {
  // A thread of the thread pool works while the main thread waits.
  const child = await start(`require('crypto').pbkdf2('a', 'b', 1e9, 64, 'sha512', () => 0); ${BLOCKED}`);
  const before = await waitUntil(
    () => {
      const thread = readMainThread(child.pid);
      return thread && !thread.runnable && thread;
    },
    { what: 'the main thread to wait' },
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(wasBusy(before, readMainThread(child.pid))).toBe(false);
  expect(readMainThread(2 ** 22 + 1)).toBeUndefined();
});
