import { randomBytes } from 'node:crypto';
import { type ExternalId, shopifyNumber } from '@core/contracts';
import {
  createCustomer,
  createPageTokens,
  findCustomerByEmail,
  listImportErrors,
  moveShop,
} from '@core/domain';
import { UNUSABLE } from '@core/shopify';
import type { Reply } from '@core/shopify-stand-in';
import { isFinished, eventsOf, openWorld, shopCustomers, storedCustomers, type World } from './support.ts';

let world: World;
beforeAll(async () => (world = await openWorld({ redisDatabase: 1 })));
afterEach(() => world.reset());
afterAll(() => world.close());

describe('an import', () => {
  it('stores all fields; a second import writes and emits nothing; a delta reads the changes', async () => {
    world.startImporter();
    const shop = await world.connect(1_200);
    const run = await world.until(await world.start(shop), 'finished', isFinished);
    const nothing = { updated: 0, unchanged: 0, skipped: 0, failed: 0, waitingReason: null, error: null };
    expect(run).toMatchObject({
      ...nothing,
      status: 'completed',
      source: 'graphql',
      expected: 1_200,
      read: 1_200,
      created: 1_200,
    });
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
    const events = await eventsOf(world, shop);
    expect(new Set(events.map((event) => event.customer_id)).size).toBe(1_200);
    expect(new Set(events.map((event) => `${event.topic} ${event.version}`))).toEqual(
      new Set(['customer.created 1']),
    );
    expect(events).toHaveLength(1_200);
    expect(shop.far.stats()).toMatchObject({ throttled: 0, limited: 0, violations: [] });

    const rows = 'select xmin, * from customers where merchant_id = $1 order by id';
    const before = await world.owner.query(rows, [shop.merchantId]);
    const again = await world.until(await world.start(shop), 'finished', isFinished);
    expect(again).toMatchObject({
      status: 'completed',
      read: 1_200,
      created: 0,
      updated: 0,
      unchanged: 1_200,
    });
    expect((await world.owner.query(rows, [shop.merchantId])).rows).toEqual(before.rows);
    expect(await eventsOf(world, shop)).toHaveLength(1_200);

    const [first, , third] = shopCustomers(shop);
    shop.far.edit(first!.externalId, { tags: ['changed'] });
    shop.far.edit(third!.externalId, { email: 'new.address@example.com' });
    shop.far.add(3);
    const delta = await world.until(await world.start(shop, 'delta'), 'finished', isFinished);
    expect(delta).toMatchObject({
      status: 'completed',
      mode: 'delta',
      expected: 5,
      read: 5,
      created: 3,
      updated: 2,
    });
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
    expect((await eventsOf(world, shop)).slice(1_200).map((event) => event.changed_fields.join())).toEqual(
      expect.arrayContaining(['metadata', 'email']),
    );
    expect(shop.far.stats().violations).toEqual([]);
  });

  it('completes for an empty shop', async () => {
    world.startImporter();
    const shop = await world.connect(0);
    const run = await world.until(await world.start(shop), 'finished', isFinished);
    expect(run).toMatchObject({ status: 'completed', expected: 0, read: 0 });
  });

  it('reports rows that could not be stored unchanged', async () => {
    world.startImporter();
    const shop = await world.connect(3);
    const [first, second] = shopCustomers(shop);
    shop.far.edit(first!.externalId, { email: 'not an address' });
    shop.far.edit(second!.externalId, { email: 'same@example.com' });
    shop.far.edit(shop.far.get(2)!.id, { email: 'Same@example.com' });
    const ref = await world.start(shop);
    const run = await world.until(ref, 'finished', isFinished);
    expect(run).toMatchObject({
      status: 'completed_with_errors',
      read: 3,
      created: 3,
      failed: 0,
      rowErrors: { email_shared: 1, invalid_email: 1 },
    });
    const { errors } = await world.asApi(ref, (tx) =>
      listImportErrors(
        tx,
        { pageTokens: createPageTokens([randomBytes(32)]) },
        { ...ref, pageSize: 0, pageToken: '' },
      ),
    );
    expect(errors.map((error) => error.reason).sort()).toEqual(['email_shared', 'invalid_email']);
  });

  it.each(['graphql', 'rest', 'bulk'] as const)(
    'through %s stores all customers except those that break the rule of what can be stored',
    async (source) => {
      world.startImporter();
      const shop = await world.connect(400);
      const [half, nul, large, fine] = shopCustomers(shop).map(({ externalId }) => externalId) as [
        ExternalId,
        ExternalId,
        ExternalId,
        ExternalId,
      ];
      shop.far.edit(half, { tags: ['a\ud83d'] });
      shop.far.edit(nul, { tags: ['a\0b'] });
      shop.far.edit(large, { tags: Array.from({ length: 250 }, (_, n) => `${n}${'\u00e4'.repeat(250)}`) });
      shop.far.edit(fine, { tags: ['looks like \\ud83d', 'whole \u{1f600}'] });
      const ref = await world.start(shop, 'full', source);
      expect(await world.until(ref, 'finished', isFinished)).toMatchObject({
        status: 'completed_with_errors',
        read: 400,
        created: 397,
        failed: 3,
        rowErrors: { invalid_metadata: 2, metadata_too_large: 1 },
      });
      const refused = [half, nul, large];
      expect(await storedCustomers(world, shop)).toEqual(
        shopCustomers(shop, source).filter(({ externalId }) => !refused.includes(externalId)),
      );
    },
  );

  it('reports the new domain of a renamed shop immediately, and continues once the connection is moved', async () => {
    world.startImporter();
    const shop = await world.connect(3);
    const newShop = `new-${shop.shop}`;
    world.standIn.rename(shop.shop, newShop);
    const ref = await world.start(shop);
    const run = await world.until(ref, 'finished', isFinished);
    expect(run).toMatchObject({
      status: 'failed',
      error: expect.stringContaining(`it is ${newShop} now`) as string,
    });
    const shopId = String(shop.far.shopId);
    await world.asApi(ref, (tx) => moveShop(tx, world.ctx, { ...shop, newShop, shopId }));
    await world.resume(ref);
    const moved = await world.until(ref, 'complete', isFinished);
    expect(moved).toMatchObject({ status: 'completed', shop: newShop, read: 3, created: 3 });
  });

  it.each<[string, Reply, string | RegExp]>([
    [
      'a key refused by a text',
      { status: 200, body: { errors: '[API] Invalid API key or access token' } },
      /Connect the shop again/,
    ],
    ['a frozen shop', { status: 402, body: { errors: 'Unavailable Shop' } }, /frozen the shop/],
    ['a locked shop', { status: 423, body: { errors: 'Locked' } }, /locked the shop/],
    [
      'an unknown shop',
      { status: 404, body: { errors: 'Not Found' } },
      /does not know this shop or this API version/,
    ],
    [
      'a redirect to another site',
      { status: 302, body: '', headers: { location: 'https://example.com/' } },
      /not a myshopify\.com domain/,
    ],
  ])('fails immediately and reports the reason: %s', async (_what, reply, error) => {
    world.startImporter();
    const shop = await world.connect(3);
    shop.far.fault({ kind: reply, times: 1_000 });
    const run = await world.until(await world.start(shop), 'finished', isFinished);
    expect(run).toMatchObject({ status: 'failed', error: expect.stringMatching(error) as string });
  });

  it.each<[string, Reply, string]>([
    [
      'a web page',
      { status: 200, body: Buffer.from('<html>'), headers: { 'content-type': 'text/html' } },
      'web_page',
    ],
    ['an empty reply', { status: 200, body: Buffer.from('') }, 'empty'],
    ['another form', { status: 200, body: { data: null } }, 'other_form'],
  ])('pauses and says what arrives in place of data, then continues: %s', async (_what, reply, what) => {
    world.startImporter();
    const shop = await world.connect(3);
    shop.far.fault({ kind: reply, times: 4 });
    const ref = await world.start(shop);
    const { now } = UNUSABLE[what as keyof typeof UNUSABLE];
    const paused = await world.until(ref, 'paused', ({ status }) => status === 'paused');
    expect(paused.waitingReason).toMatch(new RegExp(`^${now}; next try in`));
    expect(await world.until(ref, 'finished', isFinished)).toMatchObject({ status: 'completed', read: 3 });
  });

  it('through bulk stores the same data', async () => {
    world.startImporter();
    const shop = await world.connect(1_100);
    shop.far.plan = 'plus';
    const run = await world.until(await world.start(shop, 'full', 'bulk'), 'finished', isFinished);
    const counts = { expected: 1_100, read: 1_100, created: 1_100 };
    expect(run).toMatchObject({ status: 'completed', source: 'bulk', ...counts });
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
    const again = await world.until(await world.start(shop), 'finished', isFinished);
    expect(again).toMatchObject({ source: 'graphql', read: 1_100, created: 0, updated: 0, unchanged: 1_100 });
    expect(await eventsOf(world, shop)).toHaveLength(1_100);
    expect(shop.far.stats()).toMatchObject({ throttled: 0, limited: 0, violations: [] });
  });

  it('through REST stores the same data without the RFM group, and keeps a group that is stored', async () => {
    world.startImporter();
    const shop = await world.connect(1_100);
    shop.far.plan = 'plus';
    const read = async (source: 'graphql' | 'rest') =>
      world.until(await world.start(shop, 'full', source), 'finished', isFinished);
    expect(await read('rest')).toMatchObject({ status: 'completed', source: 'rest', created: 1_100 });
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop, 'rest'));
    // Another source brings the groups once; from then on each source finds nothing new.
    expect(await read('graphql')).toMatchObject({ status: 'completed', created: 0, updated: 1_100 });
    for (const source of ['rest', 'graphql'] as const)
      expect(await read(source)).toMatchObject({ source, updated: 0, unchanged: 1_100 });
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
    expect(await eventsOf(world, shop)).toHaveLength(2_200);
    expect(shop.far.stats()).toMatchObject({ throttled: 0, limited: 0, violations: [] });
  });

  it.each(['graphql', 'bulk'] as const)(
    'through %s stores a new RFM group although the customer has no new updatedAt',
    async (source) => {
      world.startImporter();
      const shop = await world.connect(40);
      const read = async () => world.until(await world.start(shop, 'full', source), 'finished', isFinished);
      await read();
      const before = shopCustomers(shop);
      for (const { externalId, metadata } of before.slice(0, 2))
        shop.far.regroup(externalId, metadata.rfm_group === 'AT_RISK' ? 'LOYAL' : 'AT_RISK');
      const times = (of: typeof before) => of.map(({ sourceUpdatedAt }) => sourceUpdatedAt);
      expect(times(shopCustomers(shop))).toEqual(times(before));
      expect(await read()).toMatchObject({ status: 'completed', updated: 2, unchanged: 38 });
      expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
      expect(await read()).toMatchObject({ updated: 0 });
    },
  );

  it.each(['graphql', 'rest', 'bulk'] as const)(
    'through %s clears removed emails, and gives an email to its new holder',
    async (source) => {
      world.startImporter();
      const shop = await world.connect(30);
      const [first, second, third] = shopCustomers(shop);
      shop.far.edit(first!.externalId, { email: 'ada@example.com' });
      shop.far.edit(third!.externalId, { email: 'grace@example.com' });
      await world.until(await world.start(shop, 'full', source), 'finished', isFinished);
      shop.far.edit(first!.externalId, { email: null });
      shop.far.edit(second!.externalId, { email: 'ada@example.com' });
      shop.far.edit(third!.externalId, { email: null });
      const run = await world.until(await world.start(shop, 'full', source), 'finished', isFinished);
      expect(run).toMatchObject({ status: 'completed', created: 0, updated: 3 });
      const stored = await storedCustomers(world, shop);
      expect(stored).toEqual(shopCustomers(shop, source));
      expect(stored.slice(0, 3).map(({ email }) => email)).toEqual([null, 'ada@example.com', null]);
      const holder = await world.asApi(shop, (tx) =>
        findCustomerByEmail(tx, world.ctx, { ...shop, email: 'ada@example.com' }),
      );
      expect(holder.externalId).toBe(second!.externalId);
      const none = world.asApi(shop, (tx) =>
        findCustomerByEmail(tx, world.ctx, { ...shop, email: 'grace@example.com' }),
      );
      await expect(none).rejects.toMatchObject({ kind: 'not_found' });
    },
  );

  it('merges customers that earlier builds stored under different forms of one external id', async () => {
    world.startImporter();
    const shop = await world.connect(5);
    const [renamed, merged] = shopCustomers(shop);
    const store = async (email: string, externalId: string) => {
      const { customerId } = await world.asApi(shop, (tx) =>
        createCustomer(tx, world.ctx, { merchantId: shop.merchantId, email }),
      );
      await world.owner.query('update customers set external_id = $2 where id = $1', [
        customerId,
        externalId,
      ]);
      return customerId;
    };
    const bare = await store('bare@example.com', shopifyNumber(renamed!.externalId)!);
    const run = await world.until(await world.start(shop), 'finished', isFinished);
    expect(run).toMatchObject({ status: 'completed', created: 4, updated: 1, deleted: 0 });
    const queried = await store('queried@example.com', `${merged!.externalId}?key=x`);
    const again = await world.until(await world.start(shop), 'finished', isFinished);
    expect(again).toMatchObject({ status: 'completed', created: 0, unchanged: 5, deleted: 0 });

    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
    const { rows } = await world.owner.query<{ id: string; external_id: string; merged_into: string | null }>(
      'select id, external_id, merged_into from customers where merchant_id = $1',
      [shop.merchantId],
    );
    const idOf = (externalId: string) => rows.find((row) => row.external_id === externalId)?.id;
    expect(idOf(renamed!.externalId)).toBe(bare);
    expect(rows.find(({ id }) => id === queried)).toMatchObject({ merged_into: idOf(merged!.externalId) });
  });

  it('through REST fails with a clear message if the app may not use it, and does not block the shop', async () => {
    world.startImporter({ restEntitled: false });
    const shop = await world.connect(3);
    const run = await world.until(await world.start(shop, 'full', 'rest'), 'finished', isFinished);
    expect(run).toMatchObject({
      status: 'failed',
      source: 'rest',
      read: 0,
      error: expect.stringMatching(/^This app may not use Shopify's REST Admin API\. Start the import again/),
    });
    expect(await storedCustomers(world, shop)).toEqual([]);
    expect(await world.until(await world.start(shop), 'finished', isFinished)).toMatchObject({
      status: 'completed',
      read: 3,
    });
  });

  it('chooses a bulk operation for a large shop', async () => {
    world.startImporter({ bulkFrom: 1_000 });
    const shop = await world.connect(1_000);
    const run = await world.until(await world.start(shop), 'finished', isFinished);
    expect(run).toMatchObject({ status: 'completed', source: 'bulk', read: 1_000 });
  });
});

describe('the count of customers', () => {
  it('deletes customers that the shop no longer has, and keeps the others', async () => {
    world.startImporter();
    const shop = await world.connect(600);
    const [first, second] = shopCustomers(shop);
    const last = shop.far.get(599)!.id;
    // Distinct tags: whichever customer a merge keeps, it gets a tag of the other one, in any shop.
    shop.far.edit(second!.externalId, { tags: ['second'] });
    shop.far.edit(last, { tags: ['last'] });
    await world.until(await world.start(shop), 'finished', isFinished);
    shop.far.remove(first!.externalId);
    shop.far.merge(second!.externalId, last);
    const run = await world.until(await world.start(shop), 'finished', isFinished);
    expect(run).toMatchObject({ status: 'completed', expected: 598, read: 598, updated: 1, deleted: 2 });
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
    expect(await eventsOf(world, shop)).toHaveLength(600 + 3);
  });

  it('deletes no customer of a merchant with two shops', async () => {
    world.startImporter();
    const shop = await world.connect(100);
    await world.until(await world.start(shop), 'finished', isFinished);
    await world.connect(10, [0, 0], shop.merchantId);
    shop.far.remove(shop.far.get(5)!.id);
    const run = await world.until(await world.start(shop), 'finished', isFinished);
    expect(run).toMatchObject({ status: 'completed', read: 99, deleted: 0 });
    expect(await storedCustomers(world, shop)).toHaveLength(100);
  });

  it('matches the final state of a shop whose customers change during the import', async () => {
    world.startImporter();
    const shop = await world.connect(1_500, [20, 40]);
    shop.far.churn({ seed: 7, everyRequests: 1, times: 60 });
    const ref = await world.start(shop);
    const run = await world.until(ref, 'finished', isFinished);
    expect(run.status).toBe('completed');
    // Webhooks cover changes after the last read of the shop. Here a delta finds them, except deletions.
    shop.far.churn({ seed: 7, everyRequests: 1_000_000, times: 0 });
    await world.until(await world.start(shop), 'finished', isFinished);
    // A merge updates the survivor's time and may change nothing else. In that case nothing is written.
    type ComparedCustomer = { externalId: string; email?: string | null | undefined; metadata: unknown };
    const comparedFields = (customers: readonly ComparedCustomer[]) =>
      customers.map(({ externalId, email, metadata }) => ({ externalId, email, metadata }));
    expect(comparedFields(await storedCustomers(world, shop))).toEqual(comparedFields(shopCustomers(shop)));
    expect(shop.far.stats().violations).toEqual([]);
  });
});

describe('cancel and resume', () => {
  it('stops immediately, writes nothing more, and continues where it stopped', async () => {
    world.startImporter();
    const shop = await world.connect(3_000, [150, 200]);
    const ref = await world.start(shop);
    await world.until(ref, 'in progress', (run) => run.read >= 500);
    await world.cancel(ref);
    const cancelled = await world.until(ref, 'cancelled', isFinished);
    expect(cancelled.status).toBe('cancelled');
    expect(cancelled.read).toBeLessThan(3_000);
    expect(await storedCustomers(world, shop)).toHaveLength(cancelled.read);

    // Pages in flight at the time of the cancel have no effect. Another import runs page by page in between.
    const other = await world.connect(500, [150, 200]);
    await world.until(await world.start(other), 'finished', isFinished);
    expect(await storedCustomers(world, shop)).toHaveLength(cancelled.read);

    shop.far.latencyMs = [0, 0];
    await world.resume(ref);
    const run = await world.until(ref, 'finished', isFinished);
    expect(run).toMatchObject({ status: 'completed', expected: 3_000, read: 3_000, created: 3_000 });
    expect(await storedCustomers(world, shop)).toEqual(shopCustomers(shop));
    expect(await eventsOf(world, shop)).toHaveLength(3_000);
    // At most the interrupted pages of eight slices, and the two customers that planning reads.
    expect(shop.far.stats().served).toBeLessThanOrEqual(3_000 + 8 * 250 + 2);
    expect(shop.far.stats().violations).toEqual([]);
  });
});
