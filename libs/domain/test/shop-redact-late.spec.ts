// tag: compliance
import { randomUUID } from 'node:crypto';
import { inTransaction, type Tx } from '@core/db';
import { shopIdOf, waitUntil } from '@core/testing';
import {
  connectShop,
  createCustomer,
  getErasureReceipt,
  receiveWebhook,
  recordPrivacyRequest,
  redactShopStep,
  scheduleShopRedactions,
  type CommandContext,
} from '../src/index.ts';
import { newEmail, newShop, openPrivacy, placeOf, type PrivacyWorld, type Shop } from './privacy-support.ts';

// Writers who have looked at a merchant's keys when the last step of a redaction destroys them, and writers who come then.

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
/** All but the step that destroys the keys; it looks once more for people first. */
async function untilLast({ merchantId }: Shop) {
  const left = async () =>
    (await world.rows('customers', merchantId)).filter((row) => row['erased_at'] === null).length;
  while ((await left()) > 0) await step();
  await step();
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
  waitUntil(async () => (await waiting()) > 0, { what: 'somebody who waits for the keys' });

/** Writes in a transaction that stays open until it is let go. */
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

it.each([
  ['a customer', 'customers', create],
  ['a connection', 'shopify_connections', connect],
  ['a webhook', 'webhook_events', receive],
] as const)('erases %s whose writer had looked at the keys', async (_, place, writer) => {
  const redaction = await aRedaction();
  const { merchantId, requestId } = redaction;
  // A webhook is of a shop that is connected still.
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
  if (place === 'shopify_connections') expect(rows).toEqual([]);
  else expect(rows).toHaveLength(before + 1);
  for (const row of rows) expect(row).not.toMatchObject({ email: expect.any(String) });
  for (const row of rows) expect(row).not.toMatchObject({ body: expect.any(String) });
  const receipt = await world.as('api', (tx) => getErasureReceipt(tx, { merchantId, requestId }), merchantId);
  expect(placeOf(receipt, place).found).toBe(place === 'webhook_events' ? 1 : 2);
});

it.each([
  ['a customer', 'customers', 'email', create],
  ['a connection', 'shopify_connections', 'access_token', connect],
  ['a webhook', 'webhook_events', 'body', receive],
] as const)('has %s wait that comes while the keys are destroyed', async (_, place, encrypted, writer) => {
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
  const held = (await world.rows(place, merchantId)).filter((row) => row[encrypted] !== null);
  // The shop has gone, and with it whatever it sends.
  if (writer === receive) expect([result, held]).toEqual(['lost_shop', []]);
  else expect(held).toMatchObject([{ [encrypted]: expect.stringMatching(/^2\./) }]);
});
