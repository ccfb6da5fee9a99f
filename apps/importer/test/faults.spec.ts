import { connectShop } from '@core/domain';
import { waitUntil } from '@core/testing';
import {
  ENDED,
  eventsOf,
  openBench,
  shopCustomers,
  storedCustomers,
  type Bench,
  type ConnectedShop,
} from './support.ts';

let bench: Bench;
beforeAll(async () => (bench = await openBench({ redisDatabase: 2 })));
afterEach(() => bench.reset());
afterAll(() => bench.close());

const expectExact = async (shop: ConnectedShop, customers: number) => {
  expect(await storedCustomers(bench, shop)).toEqual(shopCustomers(shop));
  expect(await eventsOf(bench, shop)).toHaveLength(customers);
  expect(shop.far.stats().violations).toEqual([]);
};
const complete = (customers: number) => ({
  status: 'completed',
  expected: customers,
  read: customers,
  created: customers,
  failed: 0,
});

// FLUSHDB rather than FLUSHALL: to the importer it is the same, and the other spec files keep their keys.
describe('Redis', () => {
  it('may lose everything while pages are read', async () => {
    bench.startImporter();
    const shop = await bench.connect(2_000, [100, 150]);
    const ref = await bench.start(shop);
    for (const read of [250, 1_000]) {
      await bench.until(ref, 'under way', (run) => run.read >= read);
      await bench.redis.flushdb();
    }
    expect(await bench.until(ref, 'over', ENDED)).toMatchObject(complete(2_000));
    await expectExact(shop, 2_000);
  });

  it('may lose the only job of a run: its lease runs out and the slice is handed out anew', async () => {
    bench.startImporter();
    const shop = await bench.connect(1_000, [100, 150]);
    const ref = await bench.start(shop);
    await bench.until(ref, 'under way', (run) => run.read >= 250);
    shop.far.fault({ kind: 'http429' });
    await bench.until(ref, 'waiting', (run) => run.waitingReason !== null);
    await bench.redis.flushdb();
    expect(await bench.until(ref, 'over', ENDED)).toMatchObject(complete(1_000));
    await expectExact(shop, 1_000);
    const slice = 'select fence from customer_import_slices where import_id = $1';
    // 1 at first, 2 when handed out anew, 3 at the end of the run.
    expect((await bench.owner.query(slice, [ref.importId])).rows).toEqual([{ fence: 3 }]);
  });
});

describe('two importers', () => {
  it('share the work of several shops and count nobody twice', async () => {
    bench.startImporter();
    bench.startImporter();
    const shops = await Promise.all([1_000, 900, 800].map((n) => bench.connect(n, [20, 60])));
    const refs = await Promise.all(shops.map((shop) => bench.start(shop)));
    for (const [i, ref] of refs.entries()) {
      const size = shops[i]!.far.customers;
      expect(await bench.until(ref, 'over', ENDED)).toMatchObject(complete(size));
      await expectExact(shops[i]!, size);
      expect(shops[i]!.far.stats().served).toBe(size);
    }
  });

  it('hand over at once when one stops cleanly', async () => {
    const first = bench.startImporter();
    const shop = await bench.connect(2_000, [100, 150]);
    const ref = await bench.start(shop);
    await bench.until(ref, 'under way', (run) => run.read >= 250);
    await first.stop();
    const { rows } = await bench.owner.query(
      'select lease_until, done from customer_import_slices where import_id = $1',
      [ref.importId],
    );
    expect(rows).toEqual([{ lease_until: null, done: false }]);
    await bench.redis.flushdb();
    bench.startImporter();
    expect(await bench.until(ref, 'over', ENDED)).toMatchObject(complete(2_000));
    await expectExact(shop, 2_000);
  });
});

describe('Shopify', () => {
  it('may fail now and then', async () => {
    bench.startImporter();
    const shop = await bench.connect(1_000);
    for (const kind of ['http500', 'drop', 'http500'] as const) shop.far.fault({ kind });
    const ref = await bench.start(shop);
    expect(await bench.until(ref, 'over', ENDED)).toMatchObject(complete(1_000));
    await expectExact(shop, 1_000);
  });

  it('is waited for when it says Retry-After, and the merchant is told', async () => {
    bench.startImporter();
    const shop = await bench.connect(600);
    shop.far.fault({ kind: 'http429' });
    const ref = await bench.start(shop);
    const waiting = await bench.until(ref, 'waiting', (run) => run.waitingReason !== null || ENDED(run));
    expect(waiting).toMatchObject({ status: 'running', waitingReason: 'Shopify asks to wait 2.0 s' });
    expect(shop.far.stats().requests).toBe(1);
    expect(await bench.until(ref, 'over', ENDED)).toMatchObject({ ...complete(600), waitingReason: null });
    expect(shop.far.stats().requests).toBe(1 + 3);
    await expectExact(shop, 600);
  });

  it('is not asked for more than its bucket gives, though it was empty at the start', async () => {
    const shop = await bench.connect(5_000);
    // Another instance of the app has spent the points.
    const spend = () =>
      bench.fetchPage({
        shop: shop.shop,
        accessToken: shop.far.accessToken,
        cursor: null,
        range: '',
        withCount: false,
        signal: AbortSignal.timeout(60_000),
      });
    await waitUntil(
      async () =>
        (await Promise.allSettled([spend(), spend(), spend(), spend()])) && shop.far.stats().throttled > 0,
      {
        what: 'the bucket to be empty',
        everyMs: 0,
      },
    );
    const { throttled } = shop.far.stats();
    bench.startImporter();
    const ref = await bench.start(shop);
    expect(await bench.until(ref, 'over', ENDED)).toMatchObject(complete(5_000));
    // The very first request cannot know the bucket; all others do.
    expect(shop.far.stats().throttled - throttled).toBeLessThanOrEqual(1);
    await expectExact(shop, 5_000);
  });

  it('refuses a revoked token: the run fails in plain words, and goes on with a new one', async () => {
    bench.startImporter();
    const shop = await bench.connect(1_500, [50, 100]);
    const ref = await bench.start(shop);
    await bench.until(ref, 'under way', (run) => run.read >= 250);
    shop.far.accessToken = 'shpat_rotated';
    const failed = await bench.until(ref, 'over', ENDED);
    expect(failed).toMatchObject({ status: 'failed', waitingReason: null });
    expect(failed.error).toMatch(/refused the access token. Connect the shop anew/);
    expect(await storedCustomers(bench, shop)).toHaveLength(failed.read);

    const { merchantId, shop: name } = shop;
    await bench.asApi((tx) =>
      connectShop(tx, bench.ctx, { merchantId, shop: name, accessToken: 'shpat_rotated' }),
    );
    await bench.resume(ref);
    expect(await bench.until(ref, 'over', ENDED)).toMatchObject({ ...complete(1_500), error: null });
    await expectExact(shop, 1_500);
  });

  it('that stays away fails the run in the end', async () => {
    bench.startImporter({ giveUpAfterMs: 0 });
    const shop = await bench.connect(600);
    shop.far.fault({ kind: 'http500', times: 1_000 });
    const run = await bench.until(await bench.start(shop), 'over', ENDED);
    expect(run).toMatchObject({ status: 'failed', read: 0 });
    expect(run.error).toMatch(/could not be reached.*Resume the import later/);
  });

  it('that rejects the cursor fails the run: a new import is needed', async () => {
    const shop = await bench.connect(600);
    const ref = await bench.start(shop);
    await bench.owner.query("update customer_import_slices set cursor = 'expired' where import_id = $1", [
      ref.importId,
    ]);
    bench.startImporter();
    const run = await bench.until(ref, 'over', ENDED);
    expect(run).toMatchObject({ status: 'failed', read: 0 });
    expect(run.error).toMatch(/Start a new import/);
  });
});
