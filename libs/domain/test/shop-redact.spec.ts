// tag: compliance
import { randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { inTransaction } from '@core/db';
import { aCustomerId, gid } from '@core/testing';
import {
  createCustomer,
  Fenced,
  getErasureReceipt,
  storeIds,
  recordPrivacyRequest,
  redactShopStep,
  renewLease,
  scheduleShopRedactions,
  setImportSchedule,
  startImport,
  type ErasureReceipt,
} from '../src/index.ts';
import {
  customer,
  HELD,
  newEmail,
  newNumber,
  newShop,
  openPrivacy,
  placeOf,
  type PrivacyWorld,
  type Shop,
} from './privacy-support.ts';

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

const PEOPLE = 1_203;

/** A shop with people, a run in progress, a schedule and all other data that is stored for a shop. */
async function fill(shop: Shop) {
  const { merchantId } = shop;
  await world.connect(shop);
  const importId = await world.newRun(shop);
  await world.owner.query(
    `insert into customer_import_slices (import_id, slice, merchant_id, fence) values ($1, 1, $2, 3)`,
    [importId, merchantId],
  );
  const first = newNumber();
  const emails = Array.from({ length: PEOPLE }, newEmail);
  await world.page(
    merchantId,
    importId,
    emails.map((email, n) => customer(first + n, email)),
  );
  const slice = { merchantId, importId, slice: 1, fence: 3, page: 0 };
  await world.as('importer', (tx) => storeIds(tx, { ...slice, ids: [first] }));
  const errors = Array.from({ length: 2_100 }, (_, n) => ({ externalId: `e${n}`, reason: 'invalid_email' }));
  await world.given.importErrors({ merchantId, importId }, errors);
  await world.as(
    'api',
    (tx, ctx) =>
      setImportSchedule(tx, ctx, {
        ...shop,
        cron: '0 3 * * *',
        timeZone: 'UTC',
        mode: 'delta',
        enabled: true,
      }),
    merchantId,
  );
  await world.writeSegment(shop, first);
  await world.webhook(shop.shop, 'customers/update', { id: first, email: emails[0] });
  await world.owner.query(
    `insert into program_settings (merchant_id, rfm_thresholds) values ($1, '{}') on conflict do nothing`,
    [merchantId],
  );
  await world.park(merchantId, aCustomerId());
  return { slice, importId, first, email: emails[0]! };
}

const record = (merchantId: MerchantId, shop?: string) => {
  const requestId = randomUUID();
  return world
    .as('worker', (tx, ctx) =>
      recordPrivacyRequest(tx, ctx, { merchantId, requestId, kind: 'shop_redact', shop }),
    )
    .then(() => world.as('worker', (tx, ctx) => scheduleShopRedactions(tx, ctx, { wait: 0, most: 1_000 })))
    .then(() => requestId);
};
const oneStep = () => world.as('worker', redactShopStep);
async function finish(): Promise<number> {
  for (let steps = 0; ; steps++) if (!(await oneStep())) return steps;
}
const receiptOf = async (
  merchantId: MerchantId,
  requestId: string,
): Promise<Pick<ErasureReceipt, 'places'>> =>
  world.as('api', (tx) => getErasureReceipt(tx, { merchantId, requestId }), merchantId);

it('erases a shop in bounded steps, and destroys the keys last', async () => {
  const shop = newShop();
  const { merchantId } = shop;
  const { slice, first, email } = await fill(shop);
  const other = newShop();
  const { email: others } = await fill(other);
  const canaries = {
    email,
    email_hash: await world.hashOf(merchantId, email),
    external_id: gid(first),
    shop: shop.shop,
  };
  await world.webhook(shop.shop, 'customers/redact', { customer: { id: first } });
  const requestId = await record(merchantId, shop.shop);

  await oneStep();
  // New data is refused before anything is erased.
  await expect(world.as('importer', (tx) => renewLease(tx, slice))).rejects.toThrow(Fenced);
  await expect(
    world.as('api', (tx, ctx) => startImport(tx, ctx, { ...shop, source: 'auto', mode: 'full' }), merchantId),
  ).rejects.toMatchObject({ name: 'CoreError' });
  expect(await world.webhook(shop.shop, 'customers/update', { id: first })).toBe('unknown_shop');
  await expect(receiptOf(merchantId, requestId)).rejects.toMatchObject({ kind: 'failed_precondition' });

  let steps = 1;
  for (;;) {
    const [{ n }] = (
      await world.owner.query<{ n: number }>(
        'select count(*)::int as n from customers where merchant_id = $1 and erased_at is null',
        [merchantId],
      )
    ).rows as [{ n: number }];
    const step = await oneStep();
    steps++;
    const [keys] = await world.rows<{ destroyed_at: Date | null }>('merchant_keys', merchantId);
    if (n > 0) expect(keys!.destroyed_at).toBeNull();
    if (step?.done) break;
  }
  // Errors in two steps, ids, webhooks, settings, people in three, a check for late arrivals, the end.
  expect(steps).toBeGreaterThanOrEqual(8);
  expect(await oneStep()).toBeNull();

  const receipt = await receiptOf(merchantId, requestId);
  expect(placeOf(receipt, 'customers')).toMatchObject({ found: PEOPLE, remark: '' });
  expect(placeOf(receipt, 'customer_import_errors').found).toBe(2_100);
  // Otherwise a step of the list would not be tested here.
  const emptied = HELD.flatMap(([place, { ofShop }]) => ('remove' in ofShop ? [place] : []));
  expect(
    receipt.places
      .filter(({ found }) => found > 0)
      .map(({ place }) => place)
      .sort(),
  ).toEqual(emptied.sort());
  expect(placeOf(receipt, 'webhook_events').found).toBe(2);
  for (const place of [
    'customer_import_logs',
    'import_schedules',
    'shop_directory',
    'shopify_connections',
    'customer_import_ids',
    'program_settings',
    'merchant_keys',
  ]) {
    expect(placeOf(receipt, place)).toMatchObject({
      found: 1,
      removed: expect.arrayContaining([expect.any(String)]),
    });
  }
  for (const row of await world.rows('merchant_keys', merchantId)) {
    expect(row).toMatchObject({ data_key: null, index_key: null, destroyed_at: expect.any(Date) });
  }
  const events = await world.rows('outbox_events', merchantId);
  expect(events.filter((event) => event['origin'] === 'privacy')).toHaveLength(PEOPLE);
  const audit = (await world.rows<{ action: string; detail: object }>('audit_log', merchantId)).map(
    ({ action }) => action,
  );
  expect(audit.filter((action) => action === 'privacy.erase_batch')).toHaveLength(3);
  expect(audit).toEqual(expect.arrayContaining(['privacy.shop_disconnect', 'privacy.shop_redacted']));
  // The separate request of one person is completed with the others.
  const requests = await world.rows<{ kind: string; completed_at: Date | null }>(
    'privacy_requests',
    merchantId,
  );
  expect(requests.map(({ kind }) => kind).sort()).toEqual(['redact', 'shop_redact']);
  expect(requests.every(({ completed_at: at }) => at !== null)).toBe(true);
  const { shop: _, ...people } = canaries;
  expect(await world.search(people)).toEqual([]);
  // Another merchant's shop is unchanged.
  expect(await world.rows('shopify_connections', other.merchantId)).toHaveLength(1);
  expect(
    (await world.rows('customers', other.merchantId)).filter((row) => row['email'] !== null),
  ).toHaveLength(PEOPLE);
  expect(await world.search({ email_hash: await world.hashOf(other.merchantId, others) })).toHaveLength(1);
});

it('continues where it was stopped: a lost step changes nothing, and concurrent workers run each step once', async () => {
  const shop = newShop();
  await fill(shop);
  const requestId = await record(shop.merchantId);
  await oneStep();
  const died = new Error('killed in the middle');
  await expect(
    inTransaction(world.pools.worker, async (tx) => {
      await redactShopStep(tx, world.ctx);
      // No other worker processes the merchant meanwhile.
      expect(await oneStep()).toBeNull();
      throw died;
    }),
  ).rejects.toBe(died);
  await Promise.all([finish(), finish(), finish()]);
  await finish();
  const receipt = await receiptOf(shop.merchantId, requestId);
  expect(placeOf(receipt, 'customers').found).toBe(PEOPLE);
  const events = await world.rows('outbox_events', shop.merchantId);
  expect(events.filter((event) => event['origin'] === 'privacy')).toHaveLength(PEOPLE);
});

it('keeps the customers of a merchant with another connected shop, and says so in the receipt', async () => {
  const shop = newShop();
  const { merchantId } = shop;
  await fill(shop);
  const second = await world.connect(newShop(merchantId));
  const secondRun = await world.newRun(second);
  const error = { externalId: 'x', reason: 'y' };
  await world.given.importErrors({ merchantId, importId: secondRun }, [error]);
  // Requests for these customers are still pending, including those whose retries were given up.
  const about = { customer: { id: 1 } };
  for (const topic of ['customers/redact', 'customers/data_request'] as const) {
    await world.webhook(shop.shop, topic, about, 'waits');
    await world.webhook(shop.shop, topic, about, 'failed');
  }
  await world.webhook(shop.shop, 'customers/update', about, 'failed');
  await world.owner.query(
    `update webhook_events set outcome = 'failed' where merchant_id = $1 and event_id = 'failed'`,
    [merchantId],
  );
  const held = async () =>
    (await world.rows<{ topic: string; event_id: string; body: string | null }>('webhook_events', merchantId))
      .filter(({ body }) => body !== null)
      .map(({ topic, event_id }) => `${topic} ${event_id}`)
      .sort();
  const requestId = await record(merchantId, shop.shop);
  await finish();
  // The customers of these requests are still stored.
  const waiting = (await world.rows('privacy_requests', merchantId)).filter((row) => !row['completed_at']);
  const kinds = waiting.map((row) => row['kind']).sort();
  expect(kinds).toEqual(['data_request', 'data_request', 'redact', 'redact']);
  const receipt = await receiptOf(merchantId, requestId);
  expect(await held()).toEqual([
    'customers/data_request failed',
    'customers/data_request waits',
    'customers/redact failed',
    'customers/redact waits',
  ]);
  expect(placeOf(receipt, 'webhook_events')).toMatchObject({
    found: 2,
    remark: expect.stringContaining('privacy requests'),
  });
  expect(placeOf(receipt, 'customers')).toMatchObject({
    found: 0,
    remark: expect.stringContaining('another shop'),
  });
  expect(placeOf(receipt, 'merchant_keys').found).toBe(0);
  expect(placeOf(receipt, 'shopify_connections').found).toBe(1);
  for (const table of ['shop_directory', 'shopify_connections'])
    expect(await world.rows(table, merchantId)).toMatchObject([{ shop: second.shop }]);
  expect(await world.rows('customer_import_errors', merchantId)).toHaveLength(1);
  expect(await world.rows('program_settings', merchantId)).toHaveLength(1);
  expect(await world.rows('parked_events', merchantId)).toHaveLength(1);
  expect((await world.rows('merchant_keys', merchantId))[0]!['destroyed_at']).toBeNull();
  expect((await world.rows('customers', merchantId)).filter((row) => row['email'] !== null)).toHaveLength(
    PEOPLE,
  );
  const runs = await world.rows<{ shop: string; status: string }>('customer_import_logs', merchantId);
  expect(new Map(runs.map((run) => [run.shop, run.status]))).toEqual(
    new Map([
      [shop.shop, 'cancelled'],
      [second.shop, 'running'],
    ]),
  );

  // The last shop is redacted, and all customers with it.
  await record(merchantId, second.shop);
  await finish();
  expect(await held()).toEqual([]);
  expect((await world.rows('customers', merchantId)).filter((row) => row['erased_at'] === null)).toEqual([]);
  expect((await world.rows('merchant_keys', merchantId))[0]!['destroyed_at']).not.toBeNull();
});

it('encrypts nothing with destroyed keys, also in a process that recalls them', async () => {
  const shop = newShop();
  const { merchantId } = shop;
  const { customerId } = (await world.people(merchantId, 1))[0]!;
  await world.connect(shop);
  await record(merchantId, shop.shop);
  await finish();

  // The keys that the process recalls are from before the redaction.
  const recalls = await inTransaction(world.owner, (tx) => world.ctx.keys.recall(tx, merchantId));
  expect(recalls).toMatchObject({ generation: 1 });
  const email = newEmail();
  const made = await world.as('api', (tx, ctx) => createCustomer(tx, ctx, { merchantId, email }), merchantId);
  expect(made).toMatchObject({ created: true, customerId: expect.not.stringMatching(customerId) });
  const again = await world.as(
    'api',
    (tx, ctx) => createCustomer(tx, ctx, { merchantId, email }),
    merchantId,
  );
  expect(again).toEqual({ ...made, created: false });
  await world.connect(shop);
  await world.webhook(shop.shop, 'customers/update', { id: newNumber(), email });
  const [person] = await world
    .rows<{ email: string }>('customers', merchantId)
    .then((rows) => rows.filter((row) => row.email));
  const [connection] = await world.rows<{ access_token: string }>('shopify_connections', merchantId);
  const [webhook] = await world.rows<{ body: string }>('webhook_events', merchantId);
  for (const encrypted of [person?.email, connection?.access_token, webhook?.body])
    expect(encrypted).toMatch(/^2\./);
});

it.each([
  ['a page', (shop: Shop) => world.people(shop.merchantId, 1)],
  ['a connection', (shop: Shop) => world.connect(shop)],
])('creates new keys for %s that comes first after a redaction', async (_, write) => {
  const shop = newShop();
  const { merchantId } = shop;
  await world.people(merchantId, 1);
  await world.connect(shop);
  await record(merchantId, shop.shop);
  await finish();
  await write(shop);
  const generations = (await world.rows<{ generation: number }>('merchant_keys', merchantId)).map(
    (row) => row.generation,
  );
  expect(generations.sort()).toEqual([1, 2]);
});

it('makes the keys unusable in other processes', async () => {
  const shop = newShop();
  await fill(shop);
  await record(shop.merchantId);
  await finish();
  expect(
    await world.as('api', (tx) => world.newKeys().find(tx, shop.merchantId), shop.merchantId),
  ).toBeNull();
  await expect(
    world.as('api', (tx) => world.newKeys().ofGeneration(tx, shop.merchantId, 1), shop.merchantId),
  ).rejects.toMatchObject({ name: 'KeyError' });
});
