import { randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { pruneWebhooks, type WebhookTopic } from '../src/index.ts';
import { newEmail, newShop, openPrivacy, type PrivacyWorld } from './privacy-support.ts';

// Several webhooks with one id.

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

interface Row {
  event_id: string;
  request_id: string | null;
  body_hash: Buffer | null;
  body: string | null;
}
const rowsOf = async (merchantId: MerchantId) =>
  (await world.rows<Row & { id: string }>('webhook_events', merchantId)).sort((a, b) =>
    a.id < b.id ? -1 : 1,
  );
const pending = async (merchantId: MerchantId) =>
  (
    await world.rows<{ request_id: string; kind: string; completed_at: Date | null }>(
      'privacy_requests',
      merchantId,
    )
  ).map(({ request_id: id, kind, completed_at: done }) => [id, kind, done]);
const person = (id: number) => ({ customer: { id, email: newEmail() } });
const TOPICS: WebhookTopic[] = [
  'customers/create',
  'customers/update',
  'customers/delete',
  'customers/merge',
  'bulk_operations/finish',
  'customers/redact',
  'customers/data_request',
];

it.each(TOPICS)('stores each body of %s under one event id once', async (topic) => {
  const { shop, merchantId } = await world.connect();
  const eventId = randomUUID();
  // The third names the person of the first in another body.
  const bodies = [person(7), person(8), person(7)];
  for (const body of bodies) expect(await world.webhook(shop, topic, body, eventId)).toBe('stored');
  for (const body of bodies) expect(await world.webhook(shop, topic, body, eventId)).toBe('duplicate');
  const [first, ...others] = await rowsOf(merchantId);
  expect(first!.event_id).toBe(eventId);
  expect(others.map(({ event_id: id }) => id)).toEqual([
    expect.stringMatching(`^${eventId}\\.[0-9a-f]{32}$`),
    expect.stringMatching(`^${eventId}\\.[0-9a-f]{32}$`),
  ]);
  expect(JSON.stringify(others)).not.toContain('example.com');
});

it.each([
  ['customers/redact', 'redact'],
  ['customers/data_request', 'data_request'],
] as const)('records each %s as pending, the first under the plain id', async (topic, kind) => {
  const { shop, merchantId } = await world.connect();
  const eventId = randomUUID();
  for (const number of [7, 8]) await world.webhook(shop, topic, person(number), eventId);
  const [first, second] = await rowsOf(merchantId);
  expect(first!.request_id).toBe(`shopify:${eventId}`);
  expect(second!.request_id).toBe(`shopify:${second!.event_id}`);
  expect(await pending(merchantId)).toEqual([
    [first!.request_id, kind, null],
    [second!.request_id, kind, null],
  ]);
});

it('recognizes the same body after the first one is done and deleted', async () => {
  const { shop, merchantId } = await world.connect();
  const [eventId, body] = [randomUUID(), person(7)];
  await world.webhook(shop, 'customers/redact', body, eventId);
  await world.owner.query(`update webhook_events set outcome = 'applied', body = null where shop = $1`, [
    shop,
  ]);
  expect(await world.webhook(shop, 'customers/redact', body, eventId)).toBe('duplicate');
  expect(await world.webhook(shop, 'customers/redact', person(8), eventId)).toBe('stored');
  expect(await rowsOf(merchantId)).toHaveLength(2);
});

it('accepts a shop’s redaction once, whatever its body looks like', async () => {
  const { shop, merchantId } = await world.connect();
  const eventId = randomUUID();
  expect(await world.webhook(shop, 'shop/redact', { shop_id: 1, shop_domain: shop }, eventId)).toBe('stored');
  expect(await world.webhook(shop, 'shop/redact', { shop_domain: shop }, eventId)).toBe('duplicate');
  expect(await rowsOf(merchantId)).toHaveLength(1);
});

describe('under the id of a webhook that an earlier build stored', () => {
  const earlier = async (topic: WebhookTopic, isDone: boolean) => {
    const { shop, merchantId } = await world.connect();
    const [eventId, body] = [randomUUID(), person(7)];
    await world.webhook(shop, topic, body, eventId);
    await world.owner.query('update webhook_events set body_hash = null where shop = $1', [shop]);
    if (isDone) {
      await world.owner.query(`update webhook_events set outcome = 'applied', body = null where shop = $1`, [
        shop,
      ]);
    }
    const receive = (again: object) => world.webhook(shop, topic, again, eventId);
    return { merchantId, body, receive };
  };

  it.each(TOPICS)('recognizes %s by the stored body', async (topic) => {
    const { body, receive } = await earlier(topic, false);
    expect(await receive(body)).toBe('duplicate');
    expect(await receive(person(8))).toBe('stored');
  });

  it.each(['customers/redact', 'customers/data_request'] as const)(
    'loses no %s when the stored one is done and cannot be compared',
    async (topic) => {
      const { merchantId, receive } = await earlier(topic, true);
      const body = person(8);
      expect(await receive(body)).toBe('stored');
      expect(await receive(body)).toBe('duplicate');
      expect(await pending(merchantId)).toHaveLength(2);
    },
  );

  it('treats a customer’s update as a duplicate when the stored one is done', async () => {
    const { receive } = await earlier('customers/update', true);
    expect(await receive(person(8))).toBe('duplicate');
  });
});

it('does not confuse a webhook with one of the merchant who had connected the shop earlier', async () => {
  const before = await world.connect();
  const [eventId, body] = [randomUUID(), person(7)];
  await world.webhook(before.shop, 'customers/redact', body, eventId);
  await world.owner.query(
    'with gone as (delete from shop_directory where shop = $1) delete from shopify_connections where shop = $1',
    [before.shop],
  );
  const { merchantId } = await world.connect({ ...newShop(), shop: before.shop });
  expect(await world.webhook(before.shop, 'customers/redact', body, eventId)).toBe('stored');
  expect(await pending(merchantId)).toEqual([[`shopify:${eventId}`, 'redact', null]]);
});

it('records requests of two kinds under one event, each with a separate id', async () => {
  const { shop, merchantId } = await world.connect();
  const [eventId, body] = [randomUUID(), person(7)];
  for (const topic of ['customers/data_request', 'customers/redact'] as const) {
    expect(await world.webhook(shop, topic, body, eventId)).toBe('stored');
    expect(await world.webhook(shop, topic, body, eventId)).toBe('duplicate');
  }
  expect(await pending(merchantId)).toEqual([
    [`shopify:${eventId}`, 'data_request', null],
    [expect.stringMatching(`^shopify:${eventId}\\.[0-9a-f]{32}$`), 'redact', null],
  ]);
  // The failed one is not pruned with the other.
  await world.owner.query(
    `update webhook_events set outcome = 'failed', received_at = now() - interval '90 days' where shop = $1`,
    [shop],
  );
  await world.owner.query(
    `update privacy_requests set completed_at = now() where merchant_id = $1 and kind = 'data_request'`,
    [merchantId],
  );
  await world.as('worker', (tx) => pruneWebhooks(tx, { days: 30 }));
  expect(await world.rows('webhook_events', merchantId)).toMatchObject([{ topic: 'customers/redact' }]);
});
