import { createLogger } from '@core/runtime';
import { waitUntil } from '@core/testing';
import type { RunningApi } from '../api.ts';
import { createCrew } from './crew.ts';
import type { ApiProcess } from './fork-process.ts';

const ports: RunningApi = { grpcPort: 1, httpPort: 2, adminPort: 3 };

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

/** Processes that do as they are told, and a log of what they were told. */
function stage({ fails = () => false }: { fails?: (pid: number) => boolean } = {}) {
  const events: string[] = [];
  const silent = new Set<number>();
  const ends = new Map<number, (how: string) => void>();
  const fork = (): ApiProcess => {
    const pid = ends.size + 1;
    const serving = Promise.withResolvers<RunningApi | undefined>();
    const exited = Promise.withResolvers<string>();
    let heard = 0;
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
      heard: () => heard,
      ask: async () => (silent.has(pid) || heard++, [] as never),
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
    askEveryMs: 5,
    firstPauseMs: 5,
  };
  let deaths = 0;
  const kills: string[] = [];
  const hopeless: string[] = [];
  const crew = createCrew({
    ...settings,
    size: 2,
    onDeath: () => void deaths++,
    onKill: (why) => void kills.push(why),
    onHopeless: ({ message }) => void hopeless.push(message),
  });
  const pids = () => [...crew.members].map(({ pid }) => pid);
  return {
    crew,
    events,
    pids,
    die: (pid: number) => ends.get(pid)?.('SIGKILL'),
    stopping,
    deaths: () => deaths,
    silent,
    kills,
    hopeless,
  };
}

it('starts with the first process that serves, when all do', async () => {
  const { crew, pids } = stage();
  expect((await crew.start()).pid).toBe(1);
  expect(pids()).toEqual([1, 2]);
});

it('does not start when one of them ends', async () => {
  const { crew, events } = stage({ fails: (pid) => pid === 2 });
  await expect(crew.start()).rejects.toThrow('a process has ended before it served (exit code 1)');
  await new Promise(setImmediate);
  expect(events).toEqual(['start 1', 'start 2']);
});

it('replaces who dies', async () => {
  const { crew, pids, die, deaths, events } = stage();
  await crew.start();
  die(1);
  await waitUntil(() => pids().includes(3), { what: 'another process' });
  expect([pids(), deaths(), events]).toEqual([[2, 3], 1, ['start 1', 'start 2', 'start 3']]);
});

it('goes on for ever when processes die that have served', async () => {
  const { crew, pids, die, deaths, hopeless } = stage();
  await crew.start();
  for (let n = 0; n < 4; n++) {
    const both = pids();
    both.forEach((pid) => die(pid!));
    await waitUntil(() => pids().length === 2 && !pids().some((pid) => both.includes(pid)), {
      what: 'two others',
    });
  }
  expect([deaths(), hopeless]).toEqual([8, []]);
});

it('gives up when five in a row have died before they opened a port, and none serves', async () => {
  const { crew, die, hopeless, deaths, events } = stage({ fails: (pid) => pid > 2 });
  await crew.start();
  die(1);
  await waitUntil(() => deaths() >= 6, { what: 'deaths' });
  expect(hopeless).toEqual([]); // the other process serves
  die(2);
  await waitUntil(() => hopeless.length > 0, { what: 'an end' });
  expect(hopeless[0]).toMatch(/^\d+ processes in a row have died before they opened a port and none serves/);
  expect(events).not.toContain('kill 2');
});

it('kills silent processes one at a time, the next when the replacement serves', async () => {
  const { crew, pids, silent, events, kills } = stage();
  await crew.start();
  silent.add(1).add(2);
  await waitUntil(() => !pids().includes(1) && !pids().includes(2), { what: 'two others' });
  const told = events.filter((event) => !/start [12]$/.test(event)).slice(0, 3);
  expect(told).toEqual([expect.stringMatching(/kill [12]/), 'start 3', expect.stringMatching(/kill [12]/)]);
  await waitUntil(() => pids().length === 2, { what: 'two processes' });
  expect([pids(), kills]).toEqual([
    [3, 4],
    ['hung', 'hung'],
  ]);
});

it('kills none while a replacement does not serve', async () => {
  const { crew, silent, events, deaths, hopeless } = stage({ fails: (pid) => pid > 2 });
  await crew.start();
  silent.add(1).add(2);
  await waitUntil(() => deaths() >= 5, { what: 'replacements that die' });
  expect(events.filter((event) => event.startsWith('kill'))).toHaveLength(1);
  expect(hopeless).toEqual([]);
});

it('renews one after the other, the new one first', async () => {
  const { crew, pids, events, deaths } = stage();
  await crew.start();
  await crew.renew();
  expect(events.slice(2)).toEqual(['start 3', 'stop 1', 'start 4', 'stop 2']);
  expect([pids(), deaths()]).toEqual([[3, 4], 0]);
});

it('keeps the old ones when a new one does not serve', async () => {
  const { crew, pids, events } = stage({ fails: (pid) => pid === 3 });
  await crew.start();
  await crew.renew();
  await new Promise(setImmediate);
  expect(pids()).toEqual([1, 2]);
  expect(events.filter((event) => event.startsWith('stop'))).toEqual([]);
});

it('stops one after the other, and nobody is replaced then', async () => {
  const { crew, events, stopping, deaths } = stage();
  await crew.start();
  stopping.abort();
  await crew.stop(10_000);
  expect([events.slice(2), deaths()]).toEqual([['stop 1', 'stop 2'], 0]);
});
