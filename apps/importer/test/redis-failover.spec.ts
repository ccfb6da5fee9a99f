import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import {
  startFreezingProxy,
  startRedis,
  startRedisSentinel,
  waitUntil,
  type FreezingProxy,
  type Redis as RedisServer,
} from '@core/testing';
import { createImporterProcesses, type ImporterProcesses } from './start-main.ts';
import {
  isFinished,
  eventsOf,
  openWorld,
  redisUrl,
  shopCustomers,
  storedCustomers,
  type World,
  type ConnectedShop,
} from './support.ts';

const CUSTOMERS = 12_000;
/** The longest pause of an import after Redis accepts writes again. */
const GOES_ON_WITHIN_MS = 30_000;

let world: World;
let mains: ImporterProcesses;
let dir: string;
const servers: RedisServer[] = [];
const clients: Redis[] = [];
let proxy: FreezingProxy;
beforeAll(async () => {
  world = await openWorld({ redisDatabase: 6 });
  mains = createImporterProcesses(world, redisUrl(6));
});
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'importer-failover-'));
  proxy = await startFreezingProxy();
});
afterEach(async () => {
  mains.killAll();
  for (const client of clients.splice(0)) client.disconnect();
  await Promise.all([...servers.splice(0).map((server) => server.stop()), proxy.close()]);
  rmSync(dir, { recursive: true, force: true });
  await world.reset();
});
afterAll(() => world?.close());

async function startServer(
  name: string,
  {
    args = [],
    password,
    cluster = false,
  }: { args?: readonly string[]; password?: string; cluster?: boolean } = {},
): Promise<RedisServer & { as: Redis }> {
  const auth = password === undefined ? [] : ['--requirepass', password, '--masterauth', password];
  const server = await startRedis({
    dir: join(dir, name),
    persist: false,
    cluster,
    args: [...auth, ...args],
  });
  servers.push(server);
  const as = new Redis(server.port, { ...(password !== undefined && { password }) });
  as.on('error', () => undefined);
  clients.push(as);
  return { ...server, as };
}

/**
 * Starts an import through the proxy, and waits until it is in progress. Returns functions that observe it.
 */
async function importInProgress(env: NodeJS.ProcessEnv = {}) {
  const main = mains.start({
    REDIS_URL: `redis://127.0.0.1:${proxy.port}`,
    IMPORT_BULK_FROM: '1000000',
    ...env,
  });
  await main.logged('ready');
  const { ready } = await main.serving();
  const shop = await world.connect(CUSTOMERS, [800, 1_200]);
  const ref = await world.start(shop);
  await world.until(ref, 'in progress', (run) => run.read >= 250);
  return {
    shop,
    ref,
    saysSo: async () => {
      const held = await world.until(
        ref,
        'held up',
        (run) => run.waitingReason !== null && run.status === 'paused',
      );
      expect(held.waitingReason).toBe('Held up: the import queue is being restored');
      await waitUntil(async () => (await ready()).status === 'not ready', { what: '/readyz to report it' });
      expect(await ready()).toEqual({ status: 'not ready', failed: ['redis'] });
      return held;
    },
    goesOn: async (read: number) => {
      const begun = performance.now();
      await world.until(ref, 'in progress again', (run) => run.read > read || run.finishedAt !== null);
      expect(performance.now() - begun).toBeLessThan(GOES_ON_WITHIN_MS);
      await waitUntil(async () => (await ready()).status === 'ready', { what: '/readyz to report it' });
    },
    ends: async () => {
      expect(await world.until(ref, 'finished', isFinished)).toMatchObject({
        status: 'completed',
        expected: CUSTOMERS,
        read: CUSTOMERS,
        created: CUSTOMERS,
        waitingReason: null,
      });
      await expectExact(shop);
    },
  };
}

const expectExact = async (shop: ConnectedShop) => {
  expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
  expect(await eventsOf(world, shop)).toHaveLength(CUSTOMERS);
  expect(shop.far.stats().violations).toEqual([]);
};

/** Both servers stay up, and no connection is cut. */
async function demote(from: RedisServer & { as: Redis }, to: RedisServer & { as: Redis }) {
  await to.as.replicaof('NO', 'ONE');
  await from.as.replicaof('127.0.0.1', to.port);
}

it('continues after a failover that keeps its connections', async () => {
  const [one, two] = [await startServer('one'), await startServer('two')];
  await two.as.replicaof('127.0.0.1', one.port);
  proxy.to(one.port);
  const run = await importInProgress();
  await demote(one, two);
  // The importer's connections lead to a replica now, and so does each new one.
  const { read } = await run.saysSo();
  proxy.to(two.port);
  await run.goesOn(read);
  await run.ends();
});

it('continues after a failover whose former primary loads the data of the new one', async () => {
  const one = await startServer('one', {
    args: ['--key-load-delay', '1000', '--loading-process-events-interval-bytes', '1024'],
  });
  const two = await startServer('two');
  proxy.to(one.port);
  const run = await importInProgress();
  await two.as.eval(`for n = 1, 20000 do redis.call('set', 'filler:' .. n, n) end`, 0);
  await demote(one, two);
  await waitUntil(async () => /^loading:1/m.test(await one.as.info('persistence')), {
    what: 'the former primary to load',
  });
  const { read } = await run.saysSo();
  proxy.to(two.port);
  await run.goesOn(read);
  await run.ends();
});

it.each([
  ['has no memory', ['maxmemory', '1'], ['maxmemory', '0']],
  ['misses its replicas', ['min-replicas-to-write', '1'], ['min-replicas-to-write', '0']],
] as const)(
  'reports a primary that %s, and continues when it can write again',
  async (_what, spoil, mend) => {
    const one = await startServer('one');
    proxy.to(one.port);
    const run = await importInProgress();
    await one.as.config('SET', ...spoil);
    const { read } = await run.saysSo();
    await one.as.config('SET', ...mend);
    await run.goesOn(read);
    await run.ends();
  },
);

it('gets the primary from Sentinels, and follows them', async () => {
  const password = 'of-redis';
  const one = await startServer('one', { password });
  const two = await startServer('two', { args: ['--replicaof', `127.0.0.1 ${one.port}`], password });
  const linked = async () => /^master_link_status:up/m.test(await two.as.info('replication'));
  await waitUntil(linked, { what: 'the replica to follow' });
  const sentinel = await startRedisSentinel({
    dir: join(dir, 'sentinel'),
    name: 'queue',
    primary: one.port,
    settings: [`sentinel auth-pass queue ${password}`, 'requirepass of-sentinel'],
  });
  const asking = new Redis({ port: sentinel.port, password: 'of-sentinel' });
  clients.push(asking);
  try {
    const knows = async () =>
      ((await asking.call('SENTINEL', 'REPLICAS', 'queue')) as unknown[]).length === 1;
    await waitUntil(knows, { what: 'the sentinel to know the replica' });
    const run = await importInProgress({
      // Its host and port are ignored.
      REDIS_URL: `redis://:${password}@nowhere.example.com:1/3`,
      REDIS_SENTINELS: `127.0.0.1:1,127.0.0.1:${sentinel.port}`,
      REDIS_SENTINEL_NAME: 'queue',
      REDIS_SENTINEL_PASSWORD: 'of-sentinel',
    });
    // Both servers stay up.
    const { read } = await world.show(run.ref);
    await asking.call('SENTINEL', 'FAILOVER', 'queue');
    await waitUntil(async () => /^role:master/m.test(await two.as.info('replication')), {
      what: 'the promotion',
    });
    await run.goesOn(read + 250);
    // The new primary dies.
    await waitUntil(async () => /^master_link_status:up/m.test(await one.as.info('replication')), {
      what: 'the former primary to follow',
    });
    await waitUntil(knows, { what: 'the sentinel to know both' });
    const second = await world.show(run.ref);
    await two.child.kill();
    await waitUntil(async () => /^role:master/m.test(await one.as.info('replication')), {
      what: 'the second promotion',
    });
    await run.goesOn(second.read);
    await run.ends();
    await one.as.select(3);
    expect((await one.as.keys('bull:*')).length).toBeGreaterThan(0);
  } finally {
    await sentinel.stop();
  }
});

it.each([
  ['a Sentinel', 'REDIS_URL leads to a Sentinel; set its address in REDIS_SENTINELS'],
  ['a Redis Cluster', 'REDIS_URL leads to a Redis Cluster; the job queue needs a single primary'],
])('does not start with the address of %s', async (what, message) => {
  const one = await startServer('one', { cluster: what === 'a Redis Cluster' });
  const sentinel = await startRedisSentinel({ dir: join(dir, 'sentinel'), name: 'queue', primary: one.port });
  try {
    const port = what === 'a Sentinel' ? sentinel.port : one.port;
    const main = mains.start({ REDIS_URL: `redis://127.0.0.1:${port}` });
    expect(await main.exited).toBe(1);
    expect(JSON.stringify(main.lines)).toContain(message);
  } finally {
    await sentinel.stop();
  }
});

it('does not start with an unknown URL scheme, and says what to set', async () => {
  const main = mains.start({ REDIS_URL: 'redis+sentinel://:secret@127.0.0.1:26379/queue' });
  expect(await main.exited).toBe(1);
  const log = JSON.stringify(main.lines);
  expect(log).toMatch(/REDIS_URL: must be a URL that begins with redis:.*REDIS_SENTINELS/);
  expect(log).not.toContain('secret');
});
