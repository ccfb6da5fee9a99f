// tag: compliance
import { randomUUID } from 'node:crypto';
import { inTransaction } from '@core/db';
import {
  connectShop,
  listPrivacyRequests,
  receiveWebhook,
  upsertCustomers,
  type WebhookTopic,
} from '@core/domain';
import { createLogger, Registry } from '@core/runtime';
import { shopIdOf } from '@core/shopify-stand-in';
import { aMerchantId, anImportId, gid, waitUntil } from '@core/testing';
import type { Background } from '../src/background.ts';
import { runWebhooks } from '../src/webhooks/run-webhooks.ts';
import { openDatabase } from './support.ts';

// Shopify's privacy requests: several with one id, and requests that do not clearly name a person.

let database: Awaited<ReturnType<typeof openDatabase>>;
let worker: Background;
beforeAll(async () => {
  database = await openDatabase();
  const { pool, ctx } = database;
  const log = createLogger('spec', 'silent');
  worker = runWebhooks({ pool, keys: ctx.keys, log, metrics: new Registry() });
});
afterAll(async () => {
  await worker?.close();
  await database?.close();
});

const emailOf = (number: number) => `p${number}@example.com`;

/** Connects a shop with these customers. */
async function openShop(...numbers: number[]) {
  const [merchantId, shop] = [aMerchantId(), `s-${randomUUID()}.myshopify.com`];
  const { owner, ctx } = database;
  const of = { merchantId, shop, shopId: String(shopIdOf(shop)) };
  // Shopify sends shop/redact 48 hours after an uninstall: one about a newer proof is superseded.
  const provenAt = new Date(Date.now() - 72 * 3_600_000);
  await inTransaction(owner, (tx) => connectShop(tx, ctx, { ...of, accessToken: 'spec-token', provenAt }));
  await inTransaction(owner, (tx) =>
    upsertCustomers(tx, ctx, {
      merchantId,
      importId: anImportId(),
      customers: numbers.map((number) => ({
        externalId: gid(number),
        email: emailOf(number),
        metadata: {},
        sourceUpdatedAt: new Date('2026-01-01T00:00:00Z'),
      })),
    }),
  );
  const query = async <R extends object>(sql: string) => (await owner.query<R>(sql, [merchantId])).rows;
  const ends = () =>
    query<{ outcome: string | null; error: string | null }>(
      'select outcome, error from webhook_events where merchant_id = $1 order by id',
    );
  return {
    /** Sends webhooks and waits until each has ended. */
    async send(
      ...webhooks: { topic: WebhookTopic; eventId: string; body: object | string; number?: string }[]
    ) {
      for (const { topic, eventId, body, number: requestNumber } of webhooks) {
        const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
        await inTransaction(owner, (tx) =>
          receiveWebhook(tx, ctx, { ...of, topic, eventId, requestNumber, body: bytes }),
        );
      }
      await waitUntil(async () => (await ends()).every(({ outcome }) => outcome !== null), {
        what: 'the webhooks to end',
      });
      return ends();
    },
    stay: async () =>
      (
        await query<{ id: string }>(
          'select external_id as id from customers where merchant_id = $1 and erased_at is null order by 1',
        )
      ).map(({ id }) => id),
    requests: async () =>
      (await inTransaction(owner, (tx) => listPrivacyRequests(tx, { merchantId, all: true }))).map(
        ({ requestId, kind, completedAt, problem }) => ({
          requestId,
          kind,
          done: completedAt !== null,
          problem,
        }),
      ),
    askedOf: async () =>
      (
        await query<{ id: string }>(
          `select c.external_id as id from privacy_requests r join customers c on c.id = r.customer_id
            where r.merchant_id = $1 and r.kind = 'data_request' order by 1`,
        )
      ).map(({ id }) => id),
  };
}

const redact = (eventId: string, customer: object, more: object = {}) => ({
  topic: 'customers/redact' as const,
  eventId,
  body: { customer, orders_to_redact: [], ...more },
});
const APPLIED = { outcome: 'applied', error: null };

it('erases each person named by redactions with the same id', async () => {
  const shop = await openShop(7, 8, 9);
  const id = randomUUID();
  expect(await shop.send(redact(id, { id: 7 }), redact(id, { id: 8 }))).toEqual([APPLIED, APPLIED]);
  expect(await shop.stay()).toEqual([gid(9)]);
  expect(await shop.requests()).toEqual([
    { requestId: `shopify:${id}`, kind: 'redact', done: true, problem: null },
    { requestId: expect.stringMatching(`^shopify:${id}\\.`), kind: 'redact', done: true, problem: null },
  ]);
});

it('accepts a person who is named again in another body', async () => {
  const shop = await openShop(7, 8);
  const id = randomUUID();
  const bodies = [redact(id, { id: 7 }), redact(id, { id: '7', email: emailOf(7) }), redact(id, { id: 7 })];
  expect(await shop.send(...bodies)).toEqual([APPLIED, APPLIED]);
  expect(await shop.stay()).toEqual([gid(8)]);
  expect((await shop.requests()).every(({ done }) => done)).toBe(true);
});

it('accepts an erasure and a data request with one id, and data requests with one number', async () => {
  const shop = await openShop(7, 8, 9);
  const id = randomUUID();
  const ask = (eventId: string, customerNumber: number, body: object, number?: string) => ({
    topic: 'customers/data_request' as const,
    eventId,
    body: { customer: { id: customerNumber }, ...body },
    ...(number ? { number } : {}),
  });
  const numbered = { data_request: { id: 9999 } };
  const ends = await shop.send(
    ask(id, 7, {}),
    redact(id, { id: 8 }),
    { topic: 'shop/redact', eventId: id, body: {} },
    ask(randomUUID(), 7, numbered, '9999'),
    ask(randomUUID(), 9, numbered, '9999'),
  );
  expect(ends.every(({ outcome }) => outcome === 'applied')).toBe(true);
  expect(await shop.stay()).toEqual([gid(7), gid(9)]);
  expect(await shop.askedOf()).toEqual([gid(7), gid(7), gid(9)]);
  expect((await shop.requests()).map(({ kind }) => kind).sort()).toEqual([
    'data_request',
    'data_request',
    'data_request',
    'redact',
    'shop_redact',
  ]);
});

it('finds no person by the email next to an unreadable id, but erases a guest by the email', async () => {
  const shop = await openShop(7, 8);
  const id = randomUUID();
  const ask = {
    topic: 'customers/data_request' as const,
    eventId: id,
    body: { customer: { id: { deep: 7 }, email: emailOf(7) } },
  };
  const ends = await shop.send(ask, redact(randomUUID(), { id: 0, email: emailOf(8) }));
  expect(ends).toEqual([{ outcome: 'failed', error: 'invalid_customer_id' }, APPLIED]);
  expect(await shop.askedOf()).toEqual([]);
  expect(await shop.stay()).toEqual([gid(7)]);
  expect((await shop.requests()).filter(({ done }) => !done)).toEqual([
    {
      requestId: `shopify:${id}`,
      kind: 'data_request',
      done: false,
      problem: 'webhook: was given up, invalid_customer_id',
    },
  ]);
});

it.each<{ email: unknown }>(
  [{ toString: 1 }, [{ toString: 1 }], { valueOf: 1, toString: 2 }, [emailOf(8)], {}, [], 7].map((email) => ({
    email,
  })),
)('erases by the id next to %j, which is not an email', async ({ email }) => {
  const shop = await openShop(7, 8);
  expect(await shop.send(redact(randomUUID(), { id: 7, email }))).toEqual([APPLIED]);
  expect(await shop.stay()).toEqual([gid(8)]);
});

it.each<{ email: unknown }>([{ email: [[emailOf(7)]] }, { email: { toString: 1 } }])(
  'erases no person by only %j, which is not an email',
  async ({ email }) => {
    const shop = await openShop(7);
    const ends = await shop.send(redact(randomUUID(), { email }));
    expect(ends).toEqual([{ outcome: 'failed', error: 'no_customer_id' }]);
    expect(await shop.stay()).toEqual([gid(7)]);
  },
);

it.each([0, '00', '0.0', gid(0), `${gid(0)}?x=y`])(
  'erases a guest with the id %j by the email',
  async (id) => {
    const shop = await openShop(7, 8);
    expect(await shop.send(redact(randomUUID(), { id, email: emailOf(7) }))).toEqual([APPLIED]);
    expect(await shop.stay()).toEqual([gid(8)]);
  },
);

it('recognizes a repeated data request by its number', async () => {
  const shop = await openShop(7);
  const ask = (customer: object) => ({
    topic: 'customers/data_request' as const,
    eventId: randomUUID(),
    body: { customer, data_request: { id: 9999 } },
    number: '9999',
  });
  const ends = await shop.send(ask({ id: 7 }), ask({ id: '7', email: emailOf(7) }));
  expect(ends.map(({ outcome }) => outcome)).toEqual(['applied', 'ignored']);
  expect(await shop.requests()).toHaveLength(1);
});

it.each<[string, object | string]>([
  ['no_customer_id', { phone: '555-0100' }],
  ['two_customer_ids', { id: 7, admin_graphql_api_id: gid(8) }],
  ['two_customer_ids', { id: '8', admin_graphql_api_id: gid(7), email: emailOf(7) }],
  ['repeated_field', '{"customer":{"id":7,"id":8}}'],
  ['repeated_field', '{"customer":{"id":7},"customer":{"id":8}}'],
  ['repeated_field', `{"customer":{"email":"${emailOf(7)}","email":"${emailOf(8)}"}}`],
  ['names_disagree', { id: 9, email: emailOf(7) }],
  ['no_customer_id', { id: gid(0) }],
  ['invalid_customer_id', { id: 'junk', email: emailOf(7) }],
  ['invalid_customer_id', { id: -1, email: emailOf(7) }],
])('records the problem of a request that is given up with %s', async (code, customer) => {
  const shop = await openShop(7, 8);
  const id = randomUUID();
  const webhook =
    typeof customer === 'string'
      ? { topic: 'customers/redact' as const, eventId: id, body: customer }
      : redact(id, customer);
  expect(await shop.send(webhook)).toEqual([{ outcome: 'failed', error: code }]);
  expect(await shop.stay()).toEqual([gid(7), gid(8)]);
  expect(await shop.requests()).toEqual([
    {
      requestId: `shopify:${id}`,
      kind: 'redact',
      done: false,
      problem: `webhook: was given up, ${code}`,
    },
  ]);
});
