import { randomBytes } from 'node:crypto';
import { createPageTokens, listImportErrors } from '@core/domain';
import { ENDED, eventsOf, openBench, shopCustomers, storedCustomers, type Bench } from './support.ts';

let bench: Bench;
beforeAll(async () => (bench = await openBench({ redisDatabase: 1 })));
afterEach(() => bench.reset());
afterAll(() => bench.close());

describe('an import', () => {
  it('stores the shop field by field; a second one writes and emits nothing; a delta reads what changed', async () => {
    bench.startImporter();
    const shop = await bench.connect(1_200);
    const run = await bench.until(await bench.start(shop), 'over', ENDED);
    const nothing = { updated: 0, unchanged: 0, skipped: 0, failed: 0, waitingReason: null, error: null };
    expect(run).toMatchObject({
      ...nothing,
      status: 'completed',
      source: 'graphql',
      expected: 1_200,
      read: 1_200,
      created: 1_200,
    });
    expect(await storedCustomers(bench, shop)).toEqual(shopCustomers(shop));
    const events = await eventsOf(bench, shop);
    expect(new Set(events.map((event) => event.customer_id)).size).toBe(1_200);
    expect(new Set(events.map((event) => `${event.topic} ${event.version}`))).toEqual(
      new Set(['customer.created 1']),
    );
    expect(events).toHaveLength(1_200);
    expect(shop.far.stats()).toMatchObject({ throttled: 0, limited: 0, violations: [] });

    const rows = 'select xmin, * from customers where merchant_id = $1 order by id';
    const before = await bench.owner.query(rows, [shop.merchantId]);
    const again = await bench.until(await bench.start(shop), 'over', ENDED);
    expect(again).toMatchObject({
      status: 'completed',
      read: 1_200,
      created: 0,
      updated: 0,
      unchanged: 1_200,
    });
    expect((await bench.owner.query(rows, [shop.merchantId])).rows).toEqual(before.rows);
    expect(await eventsOf(bench, shop)).toHaveLength(1_200);

    const [first, , third] = shopCustomers(shop);
    shop.far.edit(first!.externalId, { tags: ['changed'] });
    shop.far.edit(third!.externalId, { email: 'new.address@example.com' });
    shop.far.add(3);
    const delta = await bench.until(await bench.start(shop, 'delta'), 'over', ENDED);
    expect(delta).toMatchObject({
      status: 'completed',
      mode: 'delta',
      expected: 5,
      read: 5,
      created: 3,
      updated: 2,
    });
    expect(await storedCustomers(bench, shop)).toEqual(shopCustomers(shop));
    expect((await eventsOf(bench, shop)).slice(1_200).map((event) => event.changed_fields.join())).toEqual(
      expect.arrayContaining(['metadata', 'email']),
    );
    expect(shop.far.stats().violations).toEqual([]);
  });

  it('of an empty shop completes', async () => {
    bench.startImporter();
    const shop = await bench.connect(0);
    const run = await bench.until(await bench.start(shop), 'over', ENDED);
    expect(run).toMatchObject({ status: 'completed', expected: 0, read: 0 });
  });

  it('tells of rows that could not be taken as they came', async () => {
    bench.startImporter();
    const shop = await bench.connect(3);
    const [first, second] = shopCustomers(shop);
    shop.far.edit(first!.externalId, { email: 'not an address' });
    shop.far.edit(second!.externalId, { email: 'same@example.com' });
    shop.far.edit(shop.far.get(2)!.id, { email: 'Same@example.com' });
    const ref = await bench.start(shop);
    const run = await bench.until(ref, 'over', ENDED);
    expect(run).toMatchObject({ status: 'completed_with_errors', read: 3, created: 3, failed: 0 });
    const { errors } = await bench.asApi(ref, (tx) =>
      listImportErrors(tx, createPageTokens([randomBytes(32)]), { ...ref, pageSize: 0, pageToken: '' }),
    );
    expect(errors.map((error) => error.reason).sort()).toEqual(['email_shared', 'invalid_email']);
  });

  it.each(['rest', 'bulk'] as const)('by %s stores the same', async (source) => {
    bench.startImporter();
    const shop = await bench.connect(1_100);
    shop.far.plan = 'plus';
    const run = await bench.until(await bench.start(shop, 'full', source), 'over', ENDED);
    expect(run).toMatchObject({ status: 'completed', source, expected: 1_100, read: 1_100, created: 1_100 });
    expect(await storedCustomers(bench, shop)).toEqual(shopCustomers(shop));
    const again = await bench.until(await bench.start(shop), 'over', ENDED);
    expect(again).toMatchObject({ source: 'graphql', read: 1_100, created: 0, updated: 0, unchanged: 1_100 });
    expect(await eventsOf(bench, shop)).toHaveLength(1_100);
    expect(shop.far.stats()).toMatchObject({ throttled: 0, limited: 0, violations: [] });
  });

  it('by REST ends with a clear word where the app may not use it, and leaves the shop free', async () => {
    bench.startImporter({ restEntitled: false });
    const shop = await bench.connect(3);
    const run = await bench.until(await bench.start(shop, 'full', 'rest'), 'over', ENDED);
    expect(run).toMatchObject({
      status: 'failed',
      source: 'rest',
      read: 0,
      error: expect.stringMatching(/^This app may not use Shopify's REST Admin API\. Start the import again/),
    });
    expect(await storedCustomers(bench, shop)).toEqual([]);
    expect(await bench.until(await bench.start(shop), 'over', ENDED)).toMatchObject({
      status: 'completed',
      read: 3,
    });
  });

  it('chooses a bulk operation for a large shop', async () => {
    bench.startImporter({ bulkFrom: 1_000 });
    const shop = await bench.connect(1_000);
    const run = await bench.until(await bench.start(shop), 'over', ENDED);
    expect(run).toMatchObject({ status: 'completed', source: 'bulk', read: 1_000 });
  });
});

describe('the truth about the count', () => {
  it('deletes whom the shop has no more, and keeps whom it has', async () => {
    bench.startImporter();
    const shop = await bench.connect(600);
    const [first, second] = shopCustomers(shop);
    const last = shop.far.get(599)!.id;
    // So that whoever is kept has something of the other's, in any shop.
    shop.far.edit(second!.externalId, { tags: ['second'] });
    shop.far.edit(last, { tags: ['last'] });
    await bench.until(await bench.start(shop), 'over', ENDED);
    shop.far.remove(first!.externalId);
    shop.far.merge(second!.externalId, last);
    const run = await bench.until(await bench.start(shop), 'over', ENDED);
    expect(run).toMatchObject({ status: 'completed', expected: 598, read: 598, updated: 1, deleted: 2 });
    expect(await storedCustomers(bench, shop)).toEqual(shopCustomers(shop));
    expect(await eventsOf(bench, shop)).toHaveLength(600 + 3);
  });

  it('deletes nobody of a merchant with two shops', async () => {
    bench.startImporter();
    const shop = await bench.connect(100);
    await bench.until(await bench.start(shop), 'over', ENDED);
    await bench.connect(10, [0, 0], shop.merchantId);
    shop.far.remove(shop.far.get(5)!.id);
    const run = await bench.until(await bench.start(shop), 'over', ENDED);
    expect(run).toMatchObject({ status: 'completed', read: 99, deleted: 0 });
    expect(await storedCustomers(bench, shop)).toHaveLength(100);
  });

  it('of a shop where customers come, change, merge and go while it is read is its end', async () => {
    bench.startImporter();
    const shop = await bench.connect(1_500, [20, 40]);
    shop.far.churn({ seed: 7, everyRequests: 1, times: 60 });
    const ref = await bench.start(shop);
    const run = await bench.until(ref, 'over', ENDED);
    expect(run.status).toBe('completed');
    // What happened behind the last look at the shop is the webhooks' affair; here a delta finds it, but no deletions.
    shop.far.churn({ seed: 7, everyRequests: 1_000_000, times: 0 });
    await bench.until(await bench.start(shop), 'over', ENDED);
    // A merge moves the survivor's time and may say nothing new besides: then nothing is written.
    const said = (customers: ReturnType<typeof shopCustomers>) =>
      customers.map(({ externalId, email, metadata }) => ({ externalId, email, metadata }));
    expect(said(await storedCustomers(bench, shop))).toEqual(said(shopCustomers(shop)));
    expect(shop.far.stats().violations).toEqual([]);
  });
});

describe('cancel and resume', () => {
  it('stops at once, writes nothing more, and goes on where it stopped', async () => {
    bench.startImporter();
    const shop = await bench.connect(3_000, [150, 200]);
    const ref = await bench.start(shop);
    await bench.until(ref, 'begun', (run) => run.read >= 500);
    await bench.cancel(ref);
    const cancelled = await bench.until(ref, 'cancelled', ENDED);
    expect(cancelled.status).toBe('cancelled');
    expect(cancelled.read).toBeLessThan(3_000);
    expect(await storedCustomers(bench, shop)).toHaveLength(cancelled.read);

    // What was on its way when it was cancelled comes to nothing: another import runs meanwhile, page for page.
    const other = await bench.connect(500, [150, 200]);
    await bench.until(await bench.start(other), 'over', ENDED);
    expect(await storedCustomers(bench, shop)).toHaveLength(cancelled.read);

    shop.far.latencyMs = [0, 0];
    await bench.resume(ref);
    const run = await bench.until(ref, 'over', ENDED);
    expect(run).toMatchObject({ status: 'completed', expected: 3_000, read: 3_000, created: 3_000 });
    expect(await storedCustomers(bench, shop)).toEqual(shopCustomers(shop));
    expect(await eventsOf(bench, shop)).toHaveLength(3_000);
    // At most the pages that were cut off, of eight slices; and the two that planning looks at.
    expect(shop.far.stats().served).toBeLessThanOrEqual(3_000 + 8 * 250 + 2);
    expect(shop.far.stats().violations).toEqual([]);
  });
});
