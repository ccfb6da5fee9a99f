// tag: compliance
import { randomUUID } from 'node:crypto';
import { externalIdOf, type CustomerId, type MerchantId } from '@core/contracts';
import { readEmail } from '@core/crypto';
import { inTransaction } from '@core/db';
import {
  findCustomerByEmail,
  pruneWebhooks,
  receiveWebhook,
  upsertCustomers,
  type ReceiveWebhook,
} from '@core/domain';
import { createLogger, Registry } from '@core/runtime';
import { shopIdOf } from '@core/shopify-stand-in';
import { anImportId, waitUntil } from '@core/testing';
import { runPrivacy } from '../src/privacy/run-privacy.ts';
import type { Background } from '../src/background.ts';
import { eventsOf, openWorld, settled, startWorker, type Shop, type World } from './webhooks-support.ts';

let world: World;
let workers: Background[];
const metrics = [new Registry(), new Registry()];
/** The metrics of both workers: chance decides which of them applies a webhook. */
const scrape = async () => (await Promise.all(metrics.map((each) => each.metrics()))).join('\n');

beforeAll(async () => {
  world = await openWorld();
  // Two workers, as in production: each shop is processed by one at a time.
  workers = metrics.map((registry) => startWorker(world, registry));
});
afterAll(async () => {
  await Promise.all((workers ?? []).map((worker) => worker.close()));
  await world?.close();
});

interface Row {
  id: CustomerId;
  external_id: string;
  email: string | null;
  metadata: Record<string, unknown>;
  version: number;
  deleted_at: Date | null;
  erased_at: Date | null;
  merged_into: string | null;
}
const rowsOf = async (merchantId: MerchantId): Promise<Row[]> =>
  (
    await world.database.owner.query('select * from customers where merchant_id = $1 order by id', [
      merchantId,
    ])
  ).rows;
const rowOf = async (merchantId: MerchantId, externalId: string) =>
  (await rowsOf(merchantId)).find((row) => row.external_id === externalId)!;
const emailOf = (merchantId: MerchantId, { id, email }: Row) =>
  inTransaction(world.database.owner, (tx) =>
    readEmail(tx, world.database.ctx.keys, { id, merchantId, email }),
  );
const emailNow = async (merchantId: MerchantId, externalId: string) =>
  emailOf(merchantId, await rowOf(merchantId, externalId));
const done = (shop: Shop) => settled(world.database, shop);
const outcomes = async (shop: Shop) =>
  (await eventsOf(world.database, shop)).map(({ topic, outcome }) => `${topic} ${outcome}`).sort();
const privacyOf = async (merchantId: MerchantId) =>
  (
    await world.database.owner.query(
      'select request_id, kind, customer_id, completed_at from privacy_requests where merchant_id = $1 order by kind',
      [merchantId],
    )
  ).rows;

it('follows a shop: new, edited, deleted and merged customers', async () => {
  const { shop, merchantId } = await world.openShop();
  shop.add(4);
  const [a, b, c, d] = [...shop.all()].slice(-4).map(({ id }) => id) as [string, string, string, string];
  await done(shop);
  expect(await rowsOf(merchantId)).toHaveLength(4);
  const old = await rowOf(merchantId, c);

  shop.edit(a, { email: 'ada@example.com' });
  shop.remove(b);
  const kept = shop.merge(c, d)!;
  await done(shop);
  expect(await emailNow(merchantId, a)).toBe('ada@example.com');
  expect(await rowOf(merchantId, b)).toMatchObject({
    email: null,
    deleted_at: expect.any(Date),
    merged_into: null,
  });
  const merged = await rowOf(merchantId, kept === c ? d : c);
  const survivor = await rowOf(merchantId, kept);
  expect(merged).toMatchObject({ deleted_at: expect.any(Date), merged_into: survivor.id });
  expect(survivor.deleted_at).toBeNull();
  expect([merged.id, survivor.id]).toContain(old.id);

  const events = await eventsOf(world.database, shop);
  expect(events.every(({ body, outcome }) => body === null && outcome !== 'failed')).toBe(true);
  const { rows } = await world.database.owner.query<{ customer_id: string; version: number; origin: string }>(
    'select customer_id, version, origin from outbox_events where merchant_id = $1 order by id',
    [merchantId],
  );
  expect(new Set(rows.map(({ origin }) => origin))).toEqual(new Set(['webhook']));
  for (const [, versions] of Map.groupBy(rows, (row) => row.customer_id)) {
    expect(versions.map(({ version }) => version)).toEqual(versions.map((_, n) => n + 1));
  }
});

it('ends with the newest state of each customer, in whatever order the webhooks arrive', async () => {
  const { shop, merchantId } = await world.openShop();
  const ids = [...shop.all()].slice(0, 5).map(({ id }) => id);
  shop.webhooks.held = true;
  for (let round = 1; round <= 8; round++) {
    // Shopify's times have whole seconds: changes within one second have no order.
    world.clock.ms += 1_000;
    for (const [n, id] of ids.entries()) shop.edit(id, { email: `p${n}.round${round}@example.com` });
  }
  world.clock.ms += 1_000;
  for (const [n, id] of ids.entries()) shop.edit(id, { email: `p${n}.last@example.com` });
  shop.webhooks.release(true);
  await done(shop);
  for (const [n, id] of ids.entries()) expect(await emailNow(merchantId, id)).toBe(`p${n}.last@example.com`);
});

it('keeps fields that a webhook does not contain, and ignores one older than the stored state', async () => {
  const { shop, merchantId } = await world.openShop();
  const [customer] = shop.all();
  const { id: externalId } = customer!;
  const read = (email: string, sourceUpdatedAt: Date) =>
    inTransaction(world.database.owner, (tx) =>
      upsertCustomers(tx, world.database.ctx, {
        merchantId,
        importId: anImportId(),
        customers: [
          {
            externalId: externalIdOf(externalId),
            email,
            metadata: { tags: ['vip'], number_of_orders: 3 },
            sourceUpdatedAt,
          },
        ],
      }),
    );
  await read('imported@example.com', new Date('2020-01-01T00:00:00Z'));
  shop.edit(externalId, { email: 'ada@example.com' });
  await done(shop);
  expect(await emailNow(merchantId, externalId)).toBe('ada@example.com');
  const row = await rowOf(merchantId, externalId);
  expect(row.metadata).toMatchObject({ tags: ['vip'], number_of_orders: 3 });

  await read('future@example.com', new Date(Date.now() + 12 * 3_600_000));
  shop.edit(externalId, { email: 'older@example.com' });
  await done(shop);
  expect(await emailNow(merchantId, externalId)).toBe('future@example.com');
  expect(await outcomes(shop)).toEqual(['customers/update applied', 'customers/update ignored']);
});

it('removes an email that the shop has cleared, and finds the next customer that has it', async () => {
  const { shop, merchantId } = await world.openShop();
  const [one, two] = [...shop.all()].map(({ id }) => id) as [string, string];
  const find = () =>
    inTransaction(world.database.owner, (tx) =>
      findCustomerByEmail(tx, world.database.ctx, { merchantId, email: 'ada@example.com' }),
    );
  shop.edit(one, { email: 'ada@example.com' });
  await done(shop);
  expect((await find()).externalId).toBe(one);
  world.clock.ms += 1_000;
  shop.edit(one, { email: null });
  await done(shop);
  await expect(find()).rejects.toMatchObject({ kind: 'not_found' });
  expect(await rowOf(merchantId, one)).toMatchObject({ email: null, version: 2 });
  world.clock.ms += 1_000;
  shop.edit(two, { email: 'ada@example.com' });
  await done(shop);
  expect((await find()).externalId).toBe(two);
});

it('does not restore a deleted customer on a late update, known before or not', async () => {
  const { shop, merchantId } = await world.openShop();
  const [known, unknown] = [...shop.all()].map(({ id }) => id) as [string, string];
  shop.edit(known, { email: 'ada@example.com' });
  await done(shop);
  const targets = [known, unknown];
  shop.webhooks.held = true;
  for (const id of targets) shop.edit(id, { email: 'late@example.com' });
  for (const id of targets) shop.remove(id);
  const late = shop.webhooks.deliveries().length;
  shop.webhooks.release(true);
  await done(shop);
  shop.webhooks.repeat();
  await waitUntil(
    () =>
      shop.webhooks
        .deliveries()
        .slice(0, late)
        .every(({ statuses }) => statuses.length === 2),
    {
      what: 'the repeated deliveries',
    },
  );
  await done(shop);
  for (const id of targets) {
    expect(await rowOf(merchantId, id)).toMatchObject({ deleted_at: expect.any(Date), email: null });
  }
});

it('erases a customer permanently when the shop requests it', async () => {
  const { shop, merchantId } = await world.openShop();
  const [customer] = shop.all();
  const { id } = customer!;
  shop.edit(id, { email: 'ada@example.com' });
  await done(shop);
  const row = await rowOf(merchantId, id);
  shop.sendWebhook({ topic: 'customers/redact', customerId: id });
  await done(shop);
  expect(await privacyOf(merchantId)).toMatchObject([
    {
      kind: 'redact',
      customer_id: row.id,
      completed_at: expect.any(Date),
      request_id: expect.stringMatching(/^shopify:/),
    },
  ]);
  shop.edit(id, { email: 'ada@example.com' });
  shop.remove(id);
  await done(shop);
  expect(await rowsOf(merchantId)).toMatchObject([
    { id: row.id, email: null, external_id: null, erased_at: expect.any(Date), version: 2 },
  ]);
});

it('records a data_request with the person, and redacts a shop that requests it', async () => {
  const { shop, merchantId } = await world.openShop();
  const [customer, named] = shop.all();
  shop.edit(customer!.id, { email: 'ada@example.com' });
  shop.edit(named!.id, { email: 'grace@example.com' });
  await done(shop);
  shop.sendWebhook({ topic: 'customers/data_request', customerId: customer!.id });
  shop.sendWebhook({ topic: 'customers/data_request', customerId: customer!.id });
  shop.sendWebhook({ topic: 'shop/redact' });
  await done(shop);
  const { id } = await rowOf(merchantId, customer!.id);
  expect(await privacyOf(merchantId)).toMatchObject([
    { kind: 'data_request', customer_id: id, completed_at: null },
    { kind: 'shop_redact', customer_id: null, completed_at: null },
  ]);

  // No importer runs here: it would have asked the shop, whose uninstall was not reported.
  await world.database.owner.query('update shopify_connections set is_refused = true where shop = $1', [
    shop.domain,
  ]);
  // Another job of the worker carries this out, after everything that arrived before.
  const { pool, ctx } = world.database;
  const privacy = runPrivacy({
    policy: { wait: 0, most: 1_000 },
    pool,
    keys: ctx.keys,
    log: createLogger('spec', 'silent'),
    metrics: new Registry(),
  });
  try {
    await waitUntil(async () => (await privacyOf(merchantId))[1].completed_at !== null, {
      what: 'the shop to be redacted',
    });
  } finally {
    await privacy.close();
  }
  for (const row of await rowsOf(merchantId)) {
    expect(row).toMatchObject({ email: null, external_id: null, erased_at: expect.any(Date) });
  }
  const { rows } = await world.database.owner.query('select from shopify_connections where shop = $1', [
    shop.domain,
  ]);
  expect(rows).toEqual([]);
});

it('keeps a request that names no person as pending, with its body', async () => {
  const { shop, merchantId } = await world.openShop();
  const { pool } = world.database;
  const body = (more: object) =>
    Buffer.from(JSON.stringify({ customer: { phone: '555-0100' }, shop_domain: shop.domain, ...more }));
  const receive = (webhook: Pick<ReceiveWebhook, 'topic' | 'body'>) =>
    inTransaction(world.database.owner, (tx) =>
      receiveWebhook(tx, world.database.ctx, {
        merchantId,
        shop: shop.domain,
        shopId: String(shopIdOf(shop.domain)),
        eventId: randomUUID(),
        ...webhook,
      }),
    );
  await receive({ topic: 'customers/redact', body: body({ orders_to_redact: null }) });
  await receive({ topic: 'customers/data_request', body: body({ data_request: { id: 1 } }) });
  await done(shop);
  expect(await eventsOf(world.database, shop)).toMatchObject([
    { topic: 'customers/redact', outcome: 'failed', error: 'no_customer_id', body: expect.any(String) },
    { topic: 'customers/data_request', outcome: 'failed', error: 'no_customer_id', body: expect.any(String) },
  ]);
  expect(await privacyOf(merchantId)).toMatchObject([
    { kind: 'data_request', completed_at: null },
    { kind: 'redact', completed_at: null },
  ]);
  expect(await inTransaction(pool, (tx) => pruneWebhooks(tx, { days: 30 }))).toBe(false);
  expect(await eventsOf(world.database, shop)).toHaveLength(2);
});

it('wakes the slices of the shop’s bulk import when an operation has finished, and no others', async () => {
  const { shop, merchantId } = await world.openShop();
  const { owner } = world.database;
  const run = async (domain: string, source: 'bulk' | 'graphql') => {
    const importId = await world.database.stack.given.aRunWithThreeSlices(
      { merchantId, shop: domain },
      source,
    );
    return async () =>
      (
        await owner.query<{ slice: number }>(
          'select slice from customer_import_slices where import_id = $1 and lease_until is null order by slice',
          [importId],
        )
      ).rows.map(({ slice }) => slice);
  };
  const [ours, others] = [await run(shop.domain, 'bulk'), await run('other.myshopify.com', 'bulk')];
  await world.runBulkQuery(shop);
  await waitUntil(() => shop.webhooks.deliveries().length > 0, { what: 'the end of the operation' });
  await done(shop);
  expect(await ours()).toEqual([2, 3]);
  expect(await others()).toEqual([]);
});

describe('a webhook that fails', () => {
  beforeAll(async () => {
    await world.database.owner.query(`
      create table broken_customers (external_id varchar);
      grant select on broken_customers to core_worker;
      create function break_customer() returns trigger language plpgsql as $$
      begin
        if exists (select from broken_customers b where b.external_id = new.external_id) then
          raise exception 'broken: ada@example.com';
        end if;
        return new;
      end $$;
      create trigger break_customer before insert on customers for each row execute function break_customer()`);
  });
  const breakOne = (id: string) =>
    world.database.owner.query('insert into broken_customers values ($1)', [id]);
  const repairAll = () => world.database.owner.query('delete from broken_customers');

  it('is postponed alone, and applied once its customer can be stored', async () => {
    const { shop, merchantId } = await world.openShop();
    const [one, two, three] = [...shop.all()].map(({ id }) => id) as [string, string, string];
    await breakOne(two);
    shop.webhooks.held = true;
    for (const id of [one, two, three]) shop.edit(id, { email: `p${id.slice(-4)}@example.com` });
    shop.webhooks.release();
    await waitUntil(async () => (await rowsOf(merchantId)).length === 2, { what: 'the others' });
    const waiting = await waitUntil(
      async () =>
        (await eventsOf(world.database, shop)).find(({ attempts, outcome }) => attempts > 0 && !outcome),
      { what: 'the failed attempt' },
    );
    expect(waiting).toMatchObject({ error: 'sql_P0001', body: expect.any(String) });
    await repairAll();
    await done(shop);
    expect(await rowsOf(merchantId)).toHaveLength(3);
    expect(
      (await eventsOf(world.database, shop)).every(({ body, error }) => body === null && error === null),
    ).toBe(true);
  });

  it('is given up at once, with the reason, when it contains a value that cannot be stored', async () => {
    const { shop, merchantId } = await world.openShop();
    const [one, two, three] = [...shop.all()].map(({ id }) => id) as [string, string, string];
    shop.webhooks.held = true;
    const say = (id: string, state: string) => shop.edit(id, { state: state as 'ENABLED' });
    say(one, 'half an emoji \ud83d');
    say(two, 'a\0b');
    say(three, 'looks like \\ud83d');
    shop.webhooks.release();
    await done(shop);
    const given = await eventsOf(world.database, shop);
    expect(given.map(({ outcome, error }) => [outcome, error]).sort()).toEqual([
      ['applied', null],
      ['failed', 'invalid_metadata'],
      ['failed', 'invalid_metadata'],
    ]);
    expect(await rowsOf(merchantId)).toMatchObject([{ metadata: { state: 'LOOKS LIKE \\UD83D' } }]);
  });

  it('is given up when it is unreadable, and kept with its body and a code', async () => {
    const { shop, merchantId } = await world.openShop();
    const [customer] = shop.all();
    const body = '1.AAAA';
    await world.database.owner.query(
      `insert into webhook_events (merchant_id, shop, topic, event_id, body)
       values ($1, $2, 'customers/update', 'spoilt', $3)`,
      [merchantId, shop.domain, body],
    );
    shop.edit(customer!.id, { email: 'ada@example.com' });
    await done(shop);
    expect(await rowsOf(merchantId)).toHaveLength(1);
    expect(await eventsOf(world.database, shop)).toMatchObject([
      { outcome: 'failed', error: 'key_lost', attempts: 1, body },
      { outcome: 'applied', body: null },
    ]);
    const { rows } = await world.database.owner.query<{ id: string }>(
      `update webhook_events set received_at = now() - interval '31 days' where shop = $1 and outcome = 'failed' returning id`,
      [shop.domain],
    );
    expect(rows).toHaveLength(1);
    expect(await inTransaction(world.database.pool, (tx) => pruneWebhooks(tx, { days: 30 }))).toBe(false);
    expect(await outcomes(shop)).toEqual(['customers/update applied']);
  });
});

it('counts customers that were not stored exactly as sent, by reason and not by name', async () => {
  const { shop } = await world.openShop();
  const [one, two, three] = [...shop.all()].map(({ id }) => id) as [string, string, string];
  shop.edit(one, { email: 'same@example.com' });
  await done(shop);
  shop.edit(two, { email: 'Same@example.com' });
  shop.edit(three, { email: 'no address' });
  await done(shop);
  for (const reason of ['email_shared', 'invalid_email']) {
    const line = new RegExp(
      `^core_webhooks_row_errors_total\\{topic="customers/update",reason="${reason}"\\} [1-9]`,
      'm',
    );
    // They are counted after the transaction that `done` has seen.
    await waitUntil(async () => line.test(await scrape()), { what: `${reason} to be counted` });
  }
});

it('shows the number, age and outcome of webhooks, and no shop', async () => {
  const { shop } = await world.openShop();
  shop.add(3);
  await done(shop);
  const text = await scrape();
  expect(text).toMatch(/^core_webhooks_waiting 0$/m);
  expect(text).toMatch(/^core_webhooks_oldest_age_seconds 0$/m);
  expect(text).not.toContain('myshopify');
});

it('drains webhooks that arrived while no worker ran, each once', async () => {
  await Promise.all(workers.map((worker) => worker.close()));
  const opened = await Promise.all(Array.from({ length: 3 }, () => world.openShop()));
  for (const { shop } of opened) shop.add(60);
  for (const { shop } of opened) {
    await waitUntil(() => shop.webhooks.deliveries().every(({ state }) => state === 'delivered'), {
      what: 'the deliveries',
    });
  }
  const registries = [new Registry(), new Registry()];
  workers = registries.map((registry) => startWorker(world, registry));
  for (const { shop, merchantId } of opened) {
    await done(shop);
    const rows = await rowsOf(merchantId);
    expect(rows).toHaveLength(60);
    expect(rows.every(({ version }) => version === 1)).toBe(true);
  }
  const counted = async () => {
    const line = /^core_webhooks_applied_total\{topic="customers\/create",outcome="applied"\} (\d+)$/m;
    const texts = await Promise.all(registries.map((registry) => registry.metrics()));
    return texts.map((text) => Number(line.exec(text)?.[1] ?? 0)).reduce((sum, n) => sum + n);
  };
  // They are counted after the transactions that `done` has seen.
  await waitUntil(async () => (await counted()) >= 180, { what: 'all to be counted' });
  expect(await counted()).toBe(180);
});
