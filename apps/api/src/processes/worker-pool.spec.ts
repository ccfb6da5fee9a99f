import { createLogger } from '@core/runtime';
import { waitUntil } from '@core/testing';
import type { RunningApi } from '../api.ts';
import { createWorkerPool } from './worker-pool.ts';
import type { ApiProcess } from './fork-process.ts';

const ports: RunningApi = { grpcPort: 1, httpPort: 2, adminPort: 3 };

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

/** Simulated processes that the test controls, and a log of the commands that they received. */
function openWorld({ fails = () => false }: { fails?: (pid: number) => boolean } = {}) {
  const events: string[] = [];
  const unresponsive = new Set<number>();
  const ends = new Map<number, (how: string) => void>();
  const fork = (): ApiProcess => {
    const pid = ends.size + 1;
    const serving = Promise.withResolvers<RunningApi | undefined>();
    const exited = Promise.withResolvers<string>();
    let messageCount = 0;
    const end = (how: string) => {
      serving.resolve(undefined);
      exited.resolve(how);
    };
    ends.set(pid, end);
    events.push(`start ${pid}`);
    if (fails(pid)) end('exit code 1');
    else serving.resolve(ports);
    return {
      pid,
      serving: serving.promise,
      exited: exited.promise,
      hasOpened: () => !fails(pid),
      messageCount: () => messageCount,
      query: async () => (unresponsive.has(pid) || messageCount++, [] as never),
      stop: () => (events.push(`stop ${pid}`), end('exit code 0')),
      kill: () => (events.push(`kill ${pid}`), end('SIGKILL')),
    };
  };
  const stopping = new AbortController();
  stops.push(() => stopping.abort());
  const settings = {
    fork,
    log: createLogger('api', 'silent'),
    stopping: stopping.signal,
    queryEveryMs: 5,
    firstPauseMs: 5,
  };
  let deaths = 0;
  const kills: string[] = [];
  const permanent: string[] = [];
  const pool = createWorkerPool({
    ...settings,
    size: 2,
    onDeath: () => void deaths++,
    onKill: (why) => void kills.push(why),
    onPermanentFailure: ({ message }) => void permanent.push(message),
  });
  const pids = () => [...pool.members].map(({ pid }) => pid);
  return {
    pool,
    events,
    pids,
    die: (pid: number) => ends.get(pid)?.('SIGKILL'),
    stopping,
    deaths: () => deaths,
    unresponsive,
    kills,
    permanent,
  };
}

it('returns the first process once all serve', async () => {
  const { pool, pids } = openWorld();
  expect((await pool.start()).pid).toBe(1);
  expect(pids()).toEqual([1, 2]);
});

it('fails to start when a process exits', async () => {
  const { pool, events } = openWorld({ fails: (pid) => pid === 2 });
  await expect(pool.start()).rejects.toThrow('a process has ended before it served (exit code 1)');
  await new Promise(setImmediate);
  expect(events).toEqual(['start 1', 'start 2']);
});

it('replaces a process that dies', async () => {
  const { pool, pids, die, deaths, events } = openWorld();
  await pool.start();
  die(1);
  await waitUntil(() => pids().includes(3), { what: 'another process' });
  expect([pids(), deaths(), events]).toEqual([[2, 3], 1, ['start 1', 'start 2', 'start 3']]);
});

it('keeps replacing processes that die after they have served', async () => {
  const { pool, pids, die, deaths, permanent } = openWorld();
  await pool.start();
  for (let n = 0; n < 4; n++) {
    const both = pids();
    both.forEach((pid) => die(pid!));
    await waitUntil(() => pids().length === 2 && !pids().some((pid) => both.includes(pid)), {
      what: 'two others',
    });
  }
  expect([deaths(), permanent]).toEqual([8, []]);
});

it('gives up after five consecutive deaths before a port was opened, when no process serves', async () => {
  const { pool, die, permanent, deaths, events } = openWorld({ fails: (pid) => pid > 2 });
  await pool.start();
  die(1);
  await waitUntil(() => deaths() >= 6, { what: 'deaths' });
  expect(permanent).toEqual([]); // the other process serves
  die(2);
  await waitUntil(() => permanent.length > 0, { what: 'an end' });
  expect(permanent[0]).toMatch(/^\d+ processes in a row have died before they opened a port and none serves/);
  expect(events).not.toContain('kill 2');
});

it('kills unresponsive processes one at a time, the next when the replacement serves', async () => {
  const { pool, pids, unresponsive, events, kills } = openWorld();
  await pool.start();
  unresponsive.add(1).add(2);
  await waitUntil(() => !pids().includes(1) && !pids().includes(2), { what: 'two others' });
  const laterEvents = events.filter((event) => !/start [12]$/.test(event)).slice(0, 3);
  expect(laterEvents).toEqual([
    expect.stringMatching(/kill [12]/),
    'start 3',
    expect.stringMatching(/kill [12]/),
  ]);
  await waitUntil(() => pids().length === 2, { what: 'two processes' });
  expect([pids(), kills]).toEqual([
    [3, 4],
    ['hung', 'hung'],
  ]);
});

it('kills no further process while a replacement does not serve', async () => {
  const { pool, unresponsive, events, deaths, permanent } = openWorld({ fails: (pid) => pid > 2 });
  await pool.start();
  unresponsive.add(1).add(2);
  await waitUntil(() => deaths() >= 5, { what: 'replacements that die' });
  expect(events.filter((event) => event.startsWith('kill'))).toHaveLength(1);
  expect(permanent).toEqual([]);
});

it('renews processes one after the other, and starts each replacement first', async () => {
  const { pool, pids, events, deaths } = openWorld();
  await pool.start();
  await pool.renew();
  expect(events.slice(2)).toEqual(['start 3', 'stop 1', 'start 4', 'stop 2']);
  expect([pids(), deaths()]).toEqual([[3, 4], 0]);
});

it('keeps the old processes when a new one does not serve', async () => {
  const { pool, pids, events } = openWorld({ fails: (pid) => pid === 3 });
  await pool.start();
  await pool.renew();
  await new Promise(setImmediate);
  expect(pids()).toEqual([1, 2]);
  expect(events.filter((event) => event.startsWith('stop'))).toEqual([]);
});

it('stops processes one after the other and replaces none', async () => {
  const { pool, events, stopping, deaths } = openWorld();
  await pool.start();
  stopping.abort();
  await pool.stop(10_000);
  expect([events.slice(2), deaths()]).toEqual([['stop 1', 'stop 2'], 0]);
});
