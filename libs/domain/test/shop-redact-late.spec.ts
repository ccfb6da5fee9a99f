// tag: compliance
import { randomUUID } from 'node:crypto';
import { inTransaction, type Tx } from '@core/db';
import { shopIdOf } from '@core/shopify-stand-in';
import { waitUntil } from '@core/testing';
import {
  connectShop,
  createCustomer,
  getErasureReceipt,
  receiveWebhook,
  recordPrivacyRequest,
  redactShopStep,
  scheduleShopRedactions,
  setImportSchedule,
  type CommandContext,
} from '../src/index.ts';
import { newEmail, newShop, openPrivacy, placeOf, type PrivacyWorld, type Shop } from './privacy-support.ts';

// Writers who have read a merchant's keys when the last step of a redaction destroys them, and writers who
// arrive during that step.

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

type Writer = (tx: Tx, ctx: CommandContext, shop: Shop & { customerId: string }) => Promise<unknown>;
const entryOf = ({ merchantId, shop }: Shop) => ({ merchantId, shop, shopId: String(shopIdOf(shop)) });
const create: Writer = (tx, ctx, { merchantId }) =>
  createCustomer(tx, ctx, { merchantId, email: newEmail() });
const connect: Writer = (tx, ctx, shop) =>
  connectShop(tx, ctx, { ...entryOf(shop), accessToken: 'spec-token' });
const receive: Writer = (tx, ctx, shop) =>
  receiveWebhook(tx, ctx, {
    ...entryOf(shop),
    topic: 'customers/update',
    eventId: randomUUID(),
    body: Buffer.from('{"id":1}'),
  });

async function aRedaction() {
  const shop = newShop();
  const { merchantId } = shop;
  const [person] = await world.people(merchantId, 1);
  await world.connect(shop);
  const requestId = randomUUID();
  await world.as('worker', (tx, ctx) =>
    recordPrivacyRequest(tx, ctx, { merchantId, requestId, kind: 'shop_redact', shop: shop.shop }),
  );
  await world.as('worker', (tx, ctx) => scheduleShopRedactions(tx, ctx, { wait: 0, most: 1_000 }));
  return { ...shop, requestId, customerId: person!.customerId };
}
const step = () => world.as('worker', redactShopStep);
/** Runs all steps but the one that destroys the keys. */
async function untilLast({ merchantId }: Shop) {
  const left = async () =>
    (await world.rows('customers', merchantId)).filter((row) => row['erased_at'] === null).length;
  while ((await left()) > 0) await step();
}
const waiting = async () =>
  (
    await world.owner.query<{ n: number }>(
      `select count(*)::int as n from pg_locks
        where locktype = 'advisory' and not granted
          and database = (select oid from pg_database where datname = current_database())`,
    )
  ).rows[0]!.n;
const untilWaiting = () =>
  waitUntil(async () => (await waiting()) > 0, { what: 'a transaction to wait for the keys' });

/** Writes in a transaction that stays open until `commit` is called. */
function write(writer: Writer, shop: Shop & { customerId: string }) {
  const written = Promise.withResolvers<void>();
  const commit = Promise.withResolvers<void>();
  const done = world.as(
    'api',
    async (tx, ctx) => {
      const result = await writer(tx, ctx, shop);
      written.resolve();
      await commit.promise;
      return result;
    },
    shop.merchantId,
  );
  done.catch(written.reject);
  return { written: written.promise, commit: commit.resolve, done };
}

it('refuses to connect the shop until it has ended, and then connects it with new keys', async () => {
  const redaction = await aRedaction();
  const { merchantId } = redaction;
  const tryToConnect = () => world.as('api', (tx, ctx) => connect(tx, ctx, redaction), merchantId);
  await step();
  await expect(tryToConnect()).rejects.toMatchObject({
    kind: 'failed_precondition',
    message: expect.stringContaining('is being removed; try again in a few minutes'),
  });
  while (!(await step())?.done);
  await tryToConnect();
  expect(await world.rows('shopify_connections', merchantId)).toMatchObject([
    { access_token: expect.stringMatching(/^2\./) },
  ]);
});

it.each([
  ['a customer', 'customers', create],
  ['a webhook', 'webhook_events', receive],
] as const)('erases %s whose writer had read the keys', async (_, place, writer) => {
  const redaction = await aRedaction();
  const { merchantId, requestId } = redaction;
  // A webhook requires a shop that is still connected.
  const early = writer === receive ? write(writer, redaction) : undefined;
  await early?.written;
  await untilLast(redaction);
  const late = early ?? write(writer, redaction);
  await late.written;
  const before = (await world.rows(place, merchantId)).length;
  const last = step();
  await untilWaiting();
  expect((await world.rows('merchant_keys', merchantId))[0]!['destroyed_at']).toBeNull();
  late.commit();
  await late.done;
  expect(await last).toMatchObject({ merchantId, done: true });
  expect((await world.rows('merchant_keys', merchantId))[0]!['destroyed_at']).not.toBeNull();

  const rows = await world.rows(place, merchantId);
  expect(rows).toHaveLength(before + 1);
  for (const row of rows) expect(row).not.toMatchObject({ email: expect.any(String) });
  for (const row of rows) expect(row).not.toMatchObject({ body: expect.any(String) });
  const receipt = await world.as('api', (tx) => getErasureReceipt(tx, { merchantId, requestId }), merchantId);
  expect(placeOf(receipt, place).found).toBe(place === 'webhook_events' ? 1 : 2);
});

it.each([
  ['a customer', 'customers', 'email', create],
  ['a connection', 'shopify_connections', 'access_token', connect],
  ['a webhook', 'webhook_events', 'body', receive],
] as const)('delays %s that arrives while the keys are destroyed', async (_, place, column, writer) => {
  const redaction = await aRedaction();
  const { merchantId } = redaction;
  await untilLast(redaction);
  let late: ReturnType<typeof write> | undefined;
  await inTransaction(world.pools.worker, async (tx) => {
    expect(await redactShopStep(tx, world.ctx)).toMatchObject({ merchantId, done: true });
    late = write(writer, redaction);
    late.commit();
    await untilWaiting();
  });
  const result = await late!.done;
  const held = (await world.rows(place, merchantId)).filter((row) => row[column] !== null);
  // The shop is disconnected, so its webhooks are refused.
  if (writer === receive) expect([result, held]).toEqual(['lost_shop', []]);
  else expect(held).toMatchObject([{ [column]: expect.stringMatching(/^2\./) }]);
});

it('finishes although a customer is stored before each of its steps', async () => {
  const redaction = await aRedaction();
  const { merchantId } = redaction;
  for (let steps = 0, done = false; !done; steps++) {
    expect(steps).toBeLessThan(12);
    await world.as('api', (tx, ctx) => create(tx, ctx, redaction), merchantId);
    done = (await step())?.done ?? false;
  }
  const rows = await world.rows('customers', merchantId);
  expect(rows.filter((row) => row['erased_at'] === null)).toEqual([]);
});

describe('a schedule that is set while its shop is disconnected', () => {
  const set: Writer = (tx, ctx, shop) =>
    setImportSchedule(tx, ctx, { ...shop, cron: '0 3 * * *', timeZone: 'UTC', mode: 'delta', enabled: true });
  const waits = () =>
    waitUntil(
      async () =>
        (
          await world.owner.query(
            `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          )
        ).rowCount! > 0,
      { what: 'a transaction to wait for the connection' },
    );

  it('is deleted with its connection', async () => {
    const redaction = await aRedaction();
    const late = write(set, redaction);
    await late.written;
    const first = step();
    await waits();
    late.commit();
    await late.done;
    expect(await first).toMatchObject({ done: false });
    for (const table of ['import_schedules', 'shopify_connections'])
      expect(await world.rows(table, redaction.merchantId)).toEqual([]);
    while (await step()); // or the next test would process it
  });

  it('is refused because the shop is not connected', async () => {
    const redaction = await aRedaction();
    let late: ReturnType<typeof write> | undefined;
    await inTransaction(world.pools.worker, async (tx) => {
      await redactShopStep(tx, world.ctx);
      late = write(set, redaction);
      late.commit();
      late.written.catch(() => undefined);
      await waits();
    });
    await expect(late!.done).rejects.toMatchObject({ kind: 'failed_precondition', field: 'shop' });
  });
});
