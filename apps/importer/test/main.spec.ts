import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { freePort, startRedis, waitUntil } from '@core/testing';
import { PAGES_QUEUE } from '../src/queues.ts';
import { SCHEDULES_QUEUE } from '../src/schedules/scheduler-jobs.ts';
import { createImporterProcesses, type ImporterProcesses } from './start-main.ts';
import {
  isFinished,
  eventsOf,
  openWorld,
  redisUrl,
  shopCustomers,
  storedCustomers,
  type World,
} from './support.ts';

const REDIS_DATABASE = 5;

let world: World;
let mains: ImporterProcesses;
const startMain = (env?: NodeJS.ProcessEnv) => mains.start(env);
beforeAll(async () => {
  world = await openWorld({ redisDatabase: REDIS_DATABASE });
  mains = createImporterProcesses(world, redisUrl(REDIS_DATABASE));
});
afterEach(async () => {
  mains.killAll();
  await world.reset();
});
afterAll(() => world.close());

describe('main', () => {
  it('continues exactly after kill -9 during a run, and hands over cleanly at SIGTERM', async () => {
    const first = startMain();
    const shop = await world.connect(4_000, [200, 250]);
    const ref = await world.start(shop);
    await world.until(ref, 'in progress', (run) => run.read >= 750);
    first.child.kill('SIGKILL');
    expect(await first.exited).toBe('SIGKILL');
    const { read, finishedAt } = await world.show(ref);
    expect(finishedAt).toBeNull();
    expect(read).toBeGreaterThanOrEqual(600);
    expect(read).toBeLessThan(4_000);

    const second = startMain();
    await world.until(ref, 'in progress again', (run) => run.read > read);
    second.child.kill('SIGTERM');
    expect(await second.exited).toBe(0);
    startMain();
    expect(await world.until(ref, 'finished', isFinished)).toMatchObject({
      status: 'completed',
      expected: 4_000,
      read: 4_000,
      created: 4_000,
    });
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
    expect(await eventsOf(world, shop)).toHaveLength(4_000);
    expect(shop.far.stats().violations).toEqual([]);
  });

  it('writes nothing after it was frozen beyond its lease: another importer has continued', async () => {
    const zombie = startMain();
    const shop = await world.connect(6_000, [200, 250]);
    const ref = await world.start(shop);
    await world.until(ref, 'in progress', (run) => run.read >= 750);
    zombie.child.kill('SIGSTOP');
    startMain();
    const run = await world.until(ref, 'finished', isFinished);
    expect(run).toMatchObject({ status: 'completed', expected: 6_000, read: 6_000, created: 6_000 });
    zombie.child.kill('SIGCONT');
    // It is responsive again when it takes part in another run.
    const other = await world.connect(300);
    await world.until(await world.start(other), 'finished', isFinished);
    zombie.child.kill('SIGTERM');
    expect(await zombie.exited).toBe(0);
    expect(await world.show(ref)).toEqual(run);
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
    expect(await eventsOf(world, shop)).toHaveLength(6_000);
  });

  it('logs only the length of a poisoned job, and continues', async () => {
    const importer = startMain();
    await importer.logged('ready');
    const value = 'ada@example.com'.repeat(200_000);
    const connection = new Redis(redisUrl(REDIS_DATABASE), { maxRetriesPerRequest: null });
    const uuid = randomUUID();
    try {
      for (const [name, data] of [
        [PAGES_QUEUE, { merchantId: value, importId: uuid, slice: 0, fence: 1, page: 0 }],
        [SCHEDULES_QUEUE, { merchantId: uuid, shop: value }],
      ] as const) {
        const queue = new Queue(name, { connection });
        const job = await queue.add('poisoned', data);
        await waitUntil(() => job.isFailed(), { what: `the job of ${name} to fail` });
        await queue.close();
      }
    } finally {
      connection.disconnect();
    }
    const shop = await world.connect(300);
    await world.until(await world.start(shop), 'finished', isFinished);
    const log = JSON.stringify(importer.lines);
    expect(log).toMatch(/a job of import-\w+ was not made by the importer; its value has 3000\d+ characters/);
    expect(log).not.toContain('ada@example.com');
    expect(log.length).toBeLessThan(100_000);
  });

  it('waits for Redis at startup and reports it; is ready and has metrics once Redis is available', async () => {
    const port = await freePort();
    const importer = startMain({ REDIS_URL: `redis://127.0.0.1:${port}` });
    await importer.logged('waiting for Redis: see REDIS_URL and REDIS_SENTINELS');
    const { admin, ready } = await importer.serving();
    expect(await ready()).toEqual({ status: 'not ready', failed: ['redis'] });

    const dir = mkdtempSync(join(tmpdir(), 'importer-redis-'));
    const redis = await startRedis({ dir, port, persist: false });
    expect(redis.port).toBe(port);
    try {
      await importer.logged('ready');
      expect(await ready()).toEqual({ status: 'ready' });
      const shop = await world.connect(300);
      await world.until(await world.start(shop), 'finished', isFinished);
      const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
      expect(metrics).toMatch(/^core_import_pages_total\{tier="standard",app="importer"\} \d+$/m);
      expect(metrics).toMatch(
        /^core_import_customers_total\{outcome="created",tier="standard",app="importer"\} 300$/m,
      );

      await redis.child.kill();
      await waitUntil(async () => (await ready()).status === 'not ready', {
        what: 'the importer to detect the outage',
      });
      importer.child.kill('SIGTERM');
      expect(await importer.exited).toBe(0);
      expect(JSON.stringify(importer.lines)).not.toMatch(/shpat_|@example|@EXAMPLE/);
    } finally {
      await redis.stop();
      rmSync(dir, { recursive: true });
    }
  });

  it('names every wrong variable and exits with 1', async () => {
    const importer = startMain({ IMPORT_CONCURRENCY: 'many', CORE_ENCRYPTION_KEYS: '' });
    expect(await importer.exited).toBe(1);
    const log = importer.lines.map((line) => line.msg).join('\n');
    expect(log).toContain('IMPORT_CONCURRENCY: must be a whole number');
    expect(log).toContain('CORE_ENCRYPTION_KEYS: is required');
  });
});
