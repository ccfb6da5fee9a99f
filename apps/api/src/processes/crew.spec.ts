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
  const ends = new Map<number, (how: string) => void>();
  const fork = (): ApiProcess => {
    const pid = ends.size + 1;
    const serving = Promise.withResolvers<RunningApi | undefined>();
    const exited = Promise.withResolvers<string>();
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
      ask: async () => [] as never,
      stop: () => (events.push(`stop ${pid}`), end('exit code 0')),
      kill: () => (events.push(`kill ${pid}`), end('SIGKILL')),
    };
  };
  const stopping = new AbortController();
  stops.push(() => stopping.abort());
  const settings = { fork, log: createLogger('api', 'silent'), stopping: stopping.signal };
  let deaths = 0;
  const crew = createCrew({ ...settings, size: 2, onDeath: () => void deaths++ });
  const pids = () => [...crew.members].map(({ pid }) => pid);
  return {
    crew,
    events,
    pids,
    die: (pid: number) => ends.get(pid)?.('SIGKILL'),
    stopping,
    deaths: () => deaths,
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
