import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { connectShop } from '@core/domain';
import { createSources } from '@core/shopify';
import { startRedis, waitUntil } from '@core/testing';
import { PAGES_QUEUE } from '../src/queues.ts';
import {
  isFinished,
  eventsOf,
  openWorld,
  shopCustomers,
  storedCustomers,
  type World,
  type ConnectedShop,
} from './support.ts';

let world: World;
beforeAll(async () => (world = await openWorld({ redisDatabase: 2 })));
afterEach(() => world.reset());
afterAll(() => world.close());

const expectExact = async (shop: ConnectedShop, customers: number) => {
  expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
  expect(await eventsOf(world, shop)).toHaveLength(customers);
  expect(shop.far.stats().violations).toEqual([]);
};
const complete = (customers: number) => ({
  status: 'completed',
  expected: customers,
  read: customers,
  created: customers,
  failed: 0,
});

// FLUSHDB instead of FLUSHALL: the effect on the importer is the same, and the other spec files keep their
// keys.
describe('Redis', () => {
  it('may lose all its data while pages are read', async () => {
    world.startImporter();
    const shop = await world.connect(4_000, [150, 200]);
    const ref = await world.start(shop);
    for (const read of [250, 1_000]) {
      await world.until(ref, 'in progress', (run) => run.read >= read);
      await world.redis.flushdb();
    }
    expect(await world.until(ref, 'finished', isFinished)).toMatchObject(complete(4_000));
    await expectExact(shop, 4_000);
  });

  it('may lose the only job of a run: its lease expires and the slice is claimed again', async () => {
    const shop = await world.connect(200);
    shop.far.fault({ kind: 'http429' });
    world.startImporter();
    const ref = await world.start(shop);
    await world.until(ref, 'waiting', (run) => run.waitingReason !== null);
    // The reason is written first. Until the job is delayed, the importer holds it and Redis has nothing to
    // lose.
    await waitUntil(async () => (await world.redis.zcard(`bull:${PAGES_QUEUE}:delayed`)) === 1, {
      what: 'the job to be delayed',
    });
    await world.redis.flushdb();
    expect(await world.until(ref, 'finished', isFinished)).toMatchObject(complete(200));
    await expectExact(shop, 200);
    const slice = 'select fence from customer_import_slices where import_id = $1 and slice = 0';
    // 1 at first, 2 when claimed again, 3 at the end of the run.
    expect((await world.owner.query(slice, [ref.importId])).rows).toEqual([{ fence: 3 }]);
  });
});

it('ends a cancelled run while Redis hangs', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'importer-redis-'));
  const redis = await startRedis({ dir, persist: false });
  // Without a command timeout: a caller that waits for Redis waits until it continues.
  const worker = new Redis(redis.url, { maxRetriesPerRequest: null });
  const commands = new Redis(redis.url, { maxRetriesPerRequest: 0 });
  const close = () => [worker, commands].forEach((connection) => connection.disconnect());
  const importer = world.startImporter({ connections: { worker, commands, close } });
  try {
    const shops = [await world.connect(4_000, [150, 200]), await world.connect(4_000, [150, 200])];
    const refs = await Promise.all(shops.map((shop) => world.start(shop)));
    for (const ref of refs) await world.until(ref, 'in progress', (run) => run.read >= 250);
    process.kill(redis.child.pid, 'SIGSTOP');
    // The first may be ended before any importer waits for Redis; the second is not.
    for (const ref of refs) {
      await world.cancel(ref);
      expect((await world.until(ref, 'cancelled', isFinished)).status).toBe('cancelled');
    }
  } finally {
    process.kill(redis.child.pid, 'SIGCONT');
    await importer.stop();
    await redis.stop();
    rmSync(dir, { recursive: true });
  }
});

describe('two importers', () => {
  it('share the work of several shops and count no customer twice', async () => {
    world.startImporter();
    world.startImporter();
    const shops = await Promise.all([1_000, 900, 800].map((n) => world.connect(n, [20, 60])));
    const refs = await Promise.all(shops.map((shop) => world.start(shop)));
    for (const [i, ref] of refs.entries()) {
      const size = shops[i]!.far.customers;
      expect(await world.until(ref, 'finished', isFinished)).toMatchObject(complete(size));
      await expectExact(shops[i]!, size);
    }
  });

  it('hand over immediately when one stops cleanly', async () => {
    const first = world.startImporter();
    const shop = await world.connect(12_000, [150, 200]);
    const ref = await world.start(shop);
    await world.until(ref, 'in progress', (run) => run.read >= 250);
    await first.stop();
    // Three pages per slice, so that no slice has ended yet. Pages in progress are released. The jobs of the
    // other slices wait in Redis for any importer.
    const free =
      'select 1 from customer_import_slices where import_id = $1 and not done and lease_until is null';
    expect((await world.owner.query(free, [ref.importId])).rowCount).toBeGreaterThan(0);
    await world.redis.flushdb();
    world.startImporter();
    expect(await world.until(ref, 'finished', isFinished)).toMatchObject(complete(12_000));
    await expectExact(shop, 12_000);
  });
});

describe('Shopify', () => {
  it('may fail occasionally', async () => {
    world.startImporter();
    const shop = await world.connect(1_000);
    for (const kind of ['http500', 'drop', 'http500'] as const) shop.far.fault({ kind });
    const ref = await world.start(shop);
    expect(await world.until(ref, 'finished', isFinished)).toMatchObject(complete(1_000));
    await expectExact(shop, 1_000);
  });

  it('may require a delay by Retry-After, which the merchant sees', async () => {
    world.startImporter();
    const shop = await world.connect(600);
    shop.far.fault({ kind: 'http429' });
    const ref = await world.start(shop);
    const waiting = await world.until(ref, 'waiting', (run) => run.waitingReason !== null || isFinished(run));
    expect(waiting).toMatchObject({ status: 'running', waitingReason: 'Shopify asks to wait 2.0 s' });
    expect(shop.far.stats().requests).toBe(1);
    expect(await world.until(ref, 'finished', isFinished)).toMatchObject({
      ...complete(600),
      waitingReason: null,
    });
    await expectExact(shop, 600);
  });

  it('gets no more requests than its bucket allows, even if it was empty at the start', async () => {
    const shop = await world.connect(5_000);
    // Simulates another instance of the app that has spent the points.
    const client = world.unlimited(shop, AbortSignal.timeout(60_000));
    const source = createSources().graphql({ client, range: {}, idsOnly: false, withoutEmail: false });
    const spend = () => source.next(null);
    await waitUntil(
      async () =>
        (await Promise.allSettled([spend(), spend(), spend(), spend()])) && shop.far.stats().throttled > 0,
      { what: 'the bucket to be empty', everyMs: 0 },
    );
    const { throttled } = shop.far.stats();
    world.startImporter();
    const ref = await world.start(shop);
    expect(await world.until(ref, 'finished', isFinished)).toMatchObject(complete(5_000));
    // Only the very first request cannot know the state of the bucket.
    expect(shop.far.stats().throttled - throttled).toBeLessThanOrEqual(1);
    await expectExact(shop, 5_000);
  });

  it('may refuse a revoked token: the run fails with a clear message, and continues with a new token', async () => {
    world.startImporter();
    const shop = await world.connect(3_000, [100, 150]);
    const ref = await world.start(shop);
    await world.until(ref, 'in progress', (run) => run.read >= 250);
    shop.far.accessToken = 'shpat_rotated';
    const failed = await world.until(ref, 'finished', isFinished);
    expect(failed).toMatchObject({ status: 'failed', waitingReason: null });
    expect(failed.error).toMatch(/no longer accepts the access token.*Connect the shop again/);
    expect(await storedCustomers(world, shop)).toHaveLength(failed.read);

    const { merchantId, shop: name } = shop;
    await world.asApi({ merchantId }, (tx) =>
      connectShop(tx, world.ctx, { merchantId, shop: name, shopId: '1', accessToken: 'shpat_rotated' }),
    );
    await world.resume(ref);
    expect(await world.until(ref, 'finished', isFinished)).toMatchObject({ ...complete(3_000), error: null });
    await expectExact(shop, 3_000);
  });

  it('may be unavailable: the run is paused, and continues automatically afterwards', async () => {
    world.startImporter();
    const shop = await world.connect(600);
    shop.far.fault({ kind: 'http503', times: 4 });
    const ref = await world.start(shop);
    const paused = await world.until(ref, 'paused', (run) => run.status === 'paused' || isFinished(run));
    expect(paused).toMatchObject({ status: 'paused', finishedAt: null });
    expect(paused.waitingReason).toMatch(/^Shopify answers with an internal error; next try in/);
    expect(await world.until(ref, 'finished', isFinished)).toMatchObject({
      ...complete(600),
      waitingReason: null,
    });
    await expectExact(shop, 600);
  });

  it('fails the run when it stays unavailable', async () => {
    world.startImporter({ giveUpAfterMs: 0 });
    const shop = await world.connect(600);
    shop.far.fault({ kind: 'http500', times: 1_000 });
    const run = await world.until(await world.start(shop), 'finished', isFinished);
    expect(run).toMatchObject({ status: 'failed', read: 0 });
    expect(run.error).toMatch(/answered with internal errors for too long.*resume the import later/);
  });

  it('may expire its cursors: the slices restart, and no customer is counted twice', async () => {
    world.startImporter();
    const shop = await world.connect(6_000, [100, 150]);
    const ref = await world.start(shop);
    await world.until(ref, 'in progress', (run) => run.read >= 2_000);
    shop.far.expireCursors();
    expect(await world.until(ref, 'finished', isFinished)).toMatchObject({
      ...complete(6_000),
      updated: 0,
      unchanged: 0,
    });
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
    expect(await eventsOf(world, shop)).toHaveLength(6_000);
  });

  it('fails the run when its pages loop repeatedly; a resume may fix it', async () => {
    world.startImporter();
    const shop = await world.connect(10_000);
    shop.far.fault({ kind: 'loop-cursor', times: 10_000 });
    const ref = await world.start(shop);
    expect((await world.until(ref, 'finished', isFinished)).error).toMatch(
      /repeatedly loses the position.*Resume/,
    );
  });
});

describe('PostgreSQL', () => {
  it('may cut all connections while pages are read', async () => {
    world.startImporter();
    const shop = await world.connect(4_000, [100, 150]);
    const ref = await world.start(shop);
    for (const read of [500, 2_000]) {
      await world.until(ref, 'in progress', (run) => run.read >= read);
      await world.pool.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where usename = current_user and datname = current_database() and pid <> pg_backend_pid()',
      );
    }
    expect(await world.until(ref, 'finished', isFinished)).toMatchObject(complete(4_000));
    await expectExact(shop, 4_000);
  });
});

describe('a bulk operation', () => {
  it('is cancelled together with its import', async () => {
    world.startImporter();
    const shop = await world.connect(2_000);
    shop.far.bulk.pace.rowsPerSecond = 50;
    const ref = await world.start(shop, 'full', 'bulk');
    await waitUntil(() => shop.far.bulk.list().length > 0, { what: 'the operation to start' });
    await world.until(ref, 'waiting for the operation', (run) => run.waitingReason !== null);
    await world.cancel(ref);
    expect((await world.until(ref, 'cancelled', isFinished)).status).toBe('cancelled');
    await waitUntil(() => shop.far.bulk.list().every(({ status }) => /^CANCEL/.test(status)), {
      what: 'the operation to be cancelled',
    });
  });
});
