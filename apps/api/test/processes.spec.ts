import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '@core/testing';
import {
  alive,
  createCaller,
  createHttpCaller,
  openLauncher,
  startLoad,
  type Caller,
  type LaunchedApi,
  type ApiLauncher,
} from './processes-support.ts';

/** Returns the number of connections to `port` on this machine, as the kernel reports them. */
const establishedAt = (port: number): number => {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const lines = ['tcp', 'tcp6'].flatMap((kind) => readFileSync(`/proc/net/${kind}`, 'utf8').split('\n'));
  return lines.filter(
    (line) => line.includes(`:${hex} `) && / 01 /.test(line) && line.split(/ +/)[2]?.endsWith(hex),
  ).length;
};

let launcher: ApiLauncher;
beforeAll(async () => void (launcher = await openLauncher()));
afterAll(() => launcher.close());

const callers: Caller[] = [];
afterEach(() => callers.splice(0).forEach((caller) => caller.close()));
const callersOf = (count: number, ...apis: LaunchedApi[]): Caller[] => {
  const made = Array.from({ length: count }, () => createCaller(...apis.map(({ grpcPort }) => grpcPort)));
  callers.push(...made);
  return made;
};
/** Starts load over all callers in `many`. */
const loadOf = (inFlight: number, clients: Caller[]) =>
  startLoad(inFlight, (n) => clients[n % clients.length]!.call());
const more = (load: { done(): number }, calls: number) => {
  const until = load.done() + calls;
  return waitUntil(() => load.done() >= until, { what: `${calls} more calls` });
};

it('spreads connections over its processes', async () => {
  const api = await launcher.launch(2);
  const clients = callersOf(8, api);
  for (const { call } of clients) await call();
  await Promise.all(clients.flatMap(({ call }) => Array.from({ length: 50 }, call)));
  const calls = [...(await api.calls()).values()];
  const mean = calls.reduce((sum, count) => sum + count) / calls.length;
  expect([calls.length, mean]).toEqual([2, 204]);
  expect(Math.min(...calls)).toBeGreaterThanOrEqual(mean / 2);
  await api.child.stop();
});

it('loses no call when one of two instances stops', async () => {
  const [stoppingApi, remainingApi] = await Promise.all([launcher.launch(2), launcher.launch(1)]);
  const load = loadOf(300, callersOf(6, stoppingApi, remainingApi));
  await more(load, 1_000);
  const pids = await stoppingApi.pids();
  stoppingApi.signal('SIGTERM');
  expect(await stoppingApi.child.exited).toBe('exit code 0');
  await more(load, 1_000);
  await load.end();
  expect(load.failures).toEqual([]);
  expect(pids.filter(alive)).toEqual([]);
  expect(stoppingApi.log()).not.toMatch(/"level":"(error|fatal)"/);
  await remainingApi.child.stop();
});

it('loses no call on either port, and stays ready, during a rolling replacement of its processes', async () => {
  const api = await launcher.launch(2);
  const load = loadOf(100, callersOf(6, api));
  const overHttp = Array.from({ length: 20 }, () => createHttpCaller(api.url));
  callers.push(...overHttp);
  const http = startLoad(20, (n) => overHttp[n]!.call());
  const probes = startLoad(1, async () => {
    await api.assertReady();
  });
  await more(load, 500);
  const before = await api.pids();
  api.signal('SIGHUP');
  await waitUntil(async () => (await api.pids()).every((pid) => !before.includes(pid)), {
    what: 'two new processes',
  });
  await waitUntil(() => !before.some(alive), { what: 'the old processes to end' });
  await more(load, 500);
  await Promise.all([load.end(), http.end(), probes.end()]);
  expect([load.failures, http.failures, probes.failures]).toEqual([[], [], []]);
  expect(await api.pids()).toHaveLength(2);
  expect(http.done()).toBeGreaterThan(0);
  await api.child.stop();
});

it('stops cleanly in the middle of a replacement', async () => {
  const [stoppingApi, remainingApi] = await Promise.all([launcher.launch(2), launcher.launch(1)]);
  const load = loadOf(100, callersOf(6, stoppingApi, remainingApi));
  await more(load, 500);
  const seen = new Set(await stoppingApi.pids());
  stoppingApi.signal('SIGHUP');
  await waitUntil(
    async () => {
      for (const pid of await stoppingApi.pids()) seen.add(pid);
      return seen.size > 2;
    },
    { what: 'a new process' },
  );
  stoppingApi.signal('SIGTERM');
  expect(await stoppingApi.child.exited).toBe('exit code 0');
  await more(load, 500);
  await load.end();
  expect(load.failures).toEqual([]);
  expect([...seen].filter(alive)).toEqual([]);
  await remainingApi.child.stop();
});

it('replaces a killed process while the others keep serving', async () => {
  const api = await launcher.launch(2);
  const [victim] = await api.pids();
  const clients = callersOf(6, api);
  const servingPids: number[] = [];
  for (const { call } of clients) {
    const before = await api.calls();
    await call();
    const after = await api.calls();
    servingPids.push([...after.keys()].find((pid) => after.get(pid)! > before.get(pid)!)!);
  }
  const others = clients.filter((_, n) => servingPids[n] !== victim);
  expect(others.length).toBeGreaterThan(0);
  const load = loadOf(60, others);
  const probes = startLoad(1, async () => {
    await api.assertReady();
  });
  await more(load, 300);
  process.kill(victim!, 'SIGKILL');
  await waitUntil(
    async () => {
      const pids = await api.pids();
      return pids.length === 2 && !pids.includes(victim!);
    },
    { what: 'another process' },
  );
  await more(load, 300);
  await Promise.all([load.end(), probes.end()]);
  expect([load.failures, probes.failures]).toEqual([[], []]);
  for (const { call } of clients) await call();
  expect(api.log()).toContain('a process has died');
  await api.child.stop();
});

it('passes connections to another process when theirs dies before it has received them', async () => {
  const api = await launcher.launch(2);
  const [frozen, other] = await api.pids();
  process.kill(frozen!, 'SIGSTOP');
  // One of the connections goes to the frozen process, which cannot receive it.
  const calls = Promise.all(callersOf(4, api).map(({ call }) => call()));
  await waitUntil(() => establishedAt(api.grpcPort) >= 4, { what: 'the connections' });
  process.kill(frozen!, 'SIGKILL');
  await calls;
  expect(await api.pids()).toContain(other);
  await api.child.stop();
});

it('answers probes and scrapes while one of its processes is frozen, without waiting for it', async () => {
  const api = await launcher.launch(2);
  const [frozen, other] = await api.pids();
  const fetchAdmin = async (path: string) => {
    const startedAt = performance.now();
    const reply = await fetch(api.adminUrl + path);
    return { status: reply.status, text: await reply.text(), ms: performance.now() - startedAt };
  };
  process.kill(frozen!, 'SIGSTOP');
  try {
    // The fastest of several: one may be late on a busy machine, and a frozen process would delay all of
    // them.
    const fastest: Record<string, number> = {};
    for (const path of ['/readyz', '/readyz?for=writes', '/metrics']) {
      const answers = [await fetchAdmin(path), await fetchAdmin(path), await fetchAdmin(path)];
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      fastest[path] = Math.min(...answers.map(({ ms }) => ms));
    }
    expect(Object.entries(fastest).filter(([, ms]) => ms > 1_500)).toEqual([]);
    const { text } = await fetchAdmin('/metrics');
    expect(text).toMatch(/^core_processes\{.*\} 2$/m);
    expect(text).toMatch(/^core_processes_answering\{.*\} 1$/m);
    expect(text).toContain(`process="${other}"`);
    expect(text).not.toContain(`process="${frozen}"`);
  } finally {
    process.kill(frozen!, 'SIGCONT');
  }
  await api.child.stop();
});

it('leaves no process running when the supervisor is killed', async () => {
  const api = await launcher.launch(2);
  const pids = await api.pids();
  expect(pids).toHaveLength(2);
  await api.child.kill();
  await waitUntil(() => !pids.some(alive), { what: 'its processes to end' });
});

it('keeps running however often its processes die after they have served', async () => {
  const api = await launcher.launch(2);
  const deaths = () => api.log().match(/a process has died/g)?.length ?? 0;
  const killing = startLoad(1, async () => {
    for (const pid of await api.answering()) process.kill(pid, 'SIGKILL');
  });
  await waitUntil(() => deaths() >= 8, { what: 'eight deaths' });
  await killing.end();
  // The last deaths may have left no process: the port opens again once a new one serves.
  await waitUntil(async () => (await api.answering()).length === 2, { what: 'two processes to serve' });
  const [caller] = callersOf(1, api);
  await caller!.call();
  expect((await api.pids()).length).toBe(2);
  const metrics = await (await fetch(`${api.adminUrl}/metrics`)).text();
  expect(
    Number(/core_process_deaths_total\{.*opened="true".*\} (\d+)/.exec(metrics)?.[1]),
  ).toBeGreaterThanOrEqual(8);
  await api.child.stop();
});

it('ends when its processes repeatedly die before they have opened a port', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'core-keys-'));
  const keys = join(dir, 'keyring');
  writeFileSync(keys, `k1:${randomBytes(32).toString('base64')}`);
  const api = await launcher.launch(2, { CORE_ENCRYPTION_KEYS: keys });
  const pids = await api.pids();
  writeFileSync(keys, 'no keyring');
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  expect(await api.child.exited).toBe('exit code 1');
  expect(api.log()).toContain('processes in a row have died before they opened a port and none serves');
  rmSync(dir, { recursive: true });
});

it('kills hanging processes one at a time, the next once the replacement serves', async () => {
  const api = await launcher.launch(2);
  const hung = await api.pids();
  for (const pid of hung) process.kill(pid, 'SIGSTOP');
  await waitUntil(() => !hung.some(alive), { what: 'both processes to be killed', limitMs: 300_000 });
  const lines = api.log().split('\n');
  const at = (what: RegExp, after = -1) => lines.findIndex((line, n) => n > after && what.test(line));
  const first = at(/is killed"/);
  const replaced = at(/"listening"/, first);
  const second = at(/is killed"/, first);
  expect([first > 0, replaced > first, second > replaced]).toEqual([true, true, true]);
  const [caller] = callersOf(1, api);
  await caller!.call();
  await api.child.stop();
}, 400_000);

describe('with a port that is in use', () => {
  it.each(['CORE_GRPC_PORT', 'CORE_HTTP_PORT', 'CORE_ADMIN_PORT'])('ends and names %s', async (name) => {
    const blocker = createServer();
    await new Promise<void>((resolve) => blocker.listen(0, resolve));
    const { port } = blocker.address() as AddressInfo;
    try {
      const api = await launcher.start(2, { [name]: String(port) });
      expect(await api.child.exited).toBe('exit code 1');
      expect(api.log()).toContain(`port ${port} is taken; set ${name} to a free one`);
    } finally {
      blocker.close();
    }
  });
});

it('listens on free ports, the same for all processes', async () => {
  const api = await launcher.start(2, { CORE_GRPC_PORT: '0', CORE_HTTP_PORT: '0' });
  const found = await waitUntil(() => /"grpcPort":(\d+),.*"processes":\[/.exec(api.log()), {
    what: 'the log line with its ports',
  });
  const clients = Array.from({ length: 4 }, () => createCaller(Number(found[1])));
  callers.push(...clients);
  for (const { call } of clients) await call();
  expect([...(await api.calls()).values()]).toEqual([2, 2]);
  await api.child.stop();
});
