// tag: compliance
import { randomUUID } from 'node:crypto';
import { externalIdOf, type MerchantId } from '@core/contracts';
import { poolReader } from '@core/db';
import {
  createCustomer,
  finishWebhook,
  getErasureReceipt,
  pruneWebhooks,
  readPrivacyFigures,
  recordPrivacyRequest,
  redactCustomer,
  type RedactCustomer,
  type WebhookTopic,
} from '../src/index.ts';
import { newEmail, newShop, openPrivacy, type PrivacyWorld } from './privacy-support.ts';

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

const redact = (input: RedactCustomer) => world.as('worker', (tx, ctx) => redactCustomer(tx, ctx, input));
const requestsOf = (merchantId: MerchantId) =>
  world.rows<{
    request_id: string;
    kind: string;
    customer_id: string | null;
    received_at: Date;
    due_at: Date;
    completed_at: Date | null;
  }>('privacy_requests', merchantId);
const erased = async (merchantId: MerchantId) =>
  (await world.rows('customers', merchantId)).filter((row) => row['erased_at'] !== null).length;
/** Creates customers, and returns them as the names of requests. */
const people = async (merchantId: MerchantId, n: number) =>
  (await world.people(merchantId, n)).map(({ email, externalId, customerId }) => ({
    email,
    externalId,
    customerId,
  }));

describe('an erasure that Shopify requests', () => {
  it('is pending from the moment its webhook is received, once, and due thirty days later', async () => {
    const { shop, merchantId } = await world.connect();
    const eventId = randomUUID();
    const body = { customer: { id: 7, email: newEmail() } };
    const pending = async () => (await readPrivacyFigures(poolReader(world.pools.worker))).pending.redact;
    const before = await pending();
    expect(await world.webhook(shop, 'customers/redact', body, eventId)).toBe('stored');
    expect(await world.webhook(shop, 'customers/redact', body, eventId)).toBe('duplicate');
    const [request, ...more] = await requestsOf(merchantId);
    expect(more).toEqual([]);
    expect(request).toMatchObject({
      request_id: `shopify:${eventId}`,
      kind: 'redact',
      customer_id: null,
      completed_at: null,
      receipt: {},
    });
    expect(request!.due_at.getTime() - request!.received_at.getTime()).toBe(30 * 86_400_000);
    expect(await pending()).toBe(before + 1);
    expect(await world.rows('audit_log', merchantId)).toContainEqual(
      expect.objectContaining({
        action: 'privacy.request',
        detail: { request_id: `shopify:${eventId}`, kind: 'redact' },
      }),
    );
    await expect(
      world.as(
        'api',
        (tx) => getErasureReceipt(tx, { merchantId, requestId: `shopify:${eventId}` }),
        merchantId,
      ),
    ).rejects.toMatchObject({ kind: 'failed_precondition' });
  });

  it('is completed when the person is erased, and keeps the time at which it was received', async () => {
    const { shop, merchantId } = await world.connect();
    const [person] = await people(merchantId, 1);
    const eventId = randomUUID();
    await world.webhook(shop, 'customers/redact', { customer: { id: 7 } }, eventId);
    await world.owner.query(
      `update privacy_requests set received_at = now() - interval '5 days' where merchant_id = $1`,
      [merchantId],
    );
    const [waiting] = await requestsOf(merchantId);
    const { places } = await redact({ merchantId, requestId: `shopify:${eventId}`, ...person! });
    const [done, ...more] = await requestsOf(merchantId);
    expect(more).toEqual([]);
    expect(done).toMatchObject({
      customer_id: person!.customerId,
      receipt: { customerId: person!.customerId, places },
      received_at: waiting!.received_at,
      due_at: waiting!.due_at,
      completed_at: expect.any(Date),
    });
  });

  it.each<WebhookTopic>(['customers/redact', 'customers/data_request', 'shop/redact'])(
    'is not pruned after its retries were given up (%s), until it is done',
    async (topic) => {
      const { shop, merchantId } = await world.connect();
      const eventId = randomUUID();
      await world.webhook(shop, topic, 'unreadable', eventId);
      await world.webhook(shop, 'customers/update', 'unreadable');
      await world.owner.query(
        `update webhook_events set outcome = 'failed', received_at = now() - interval '90 days' where shop = $1`,
        [shop],
      );
      const prune = async () => {
        await world.as('worker', (tx) => pruneWebhooks(tx, { days: 30 }));
        return (await world.rows<{ topic: string }>('webhook_events', merchantId)).map((row) => row.topic);
      };
      expect(await prune()).toEqual([topic]);
      // Carried out by hand under its id.
      const requestId = `shopify:${eventId}`;
      const as = topic === 'customers/redact' ? requestId : randomUUID();
      await redact({ merchantId, requestId: as, externalId: externalIdOf('x') });
      expect(await prune()).toEqual(topic === 'customers/redact' ? [] : [topic]);
      const [{ id } = { id: '' }] = await world.rows<{ id: string }>('webhook_events', merchantId);
      if (id) await world.as('worker', (tx) => finishWebhook(tx, { merchantId, id, outcome: 'applied' }));
      expect(await prune()).toEqual([]);
    },
  );

  it('is pruned also when Shopify has given it a separate number', async () => {
    const { shop, merchantId } = await world.connect();
    await world.webhook(shop, 'customers/data_request', '{}', randomUUID(), '9999');
    expect(await requestsOf(merchantId)).toMatchObject([
      { request_id: 'shopify:9999', kind: 'data_request', completed_at: null },
    ]);
    await world.owner.query(
      `update webhook_events set outcome = 'failed', received_at = now() - interval '90 days' where shop = $1`,
      [shop],
    );
    await world.as('worker', (tx) => pruneWebhooks(tx, { days: 30 }));
    expect(await world.rows('webhook_events', merchantId)).toHaveLength(1);
    await world.owner.query('update privacy_requests set completed_at = now() where merchant_id = $1', [
      merchantId,
    ]);
    await world.as('worker', (tx) => pruneWebhooks(tx, { days: 30 }));
    expect(await world.rows('webhook_events', merchantId)).toEqual([]);
  });

  it('is retried when another request erases the person, and not marked as done', async () => {
    const { shop, merchantId } = await world.connect();
    const [person] = await people(merchantId, 1);
    await world.webhook(shop, 'customers/redact', { customer: { email: person!.email } });
    await world.owner.query(`update webhook_events set outcome = 'failed', attempts = 12 where shop = $1`, [
      shop,
    ]);
    await redact({ merchantId, requestId: randomUUID(), ...person! });
    expect(await world.rows('webhook_events', merchantId)).toMatchObject([
      { outcome: null, attempts: 0, body: expect.any(String) },
    ]);
  });
});

it('adds the person to a data_request that was recorded without one', async () => {
  const { merchantId } = newShop();
  const [person] = await people(merchantId, 1);
  const request = { merchantId, requestId: randomUUID(), kind: 'data_request' as const };
  const record = (more: object) =>
    world.as('worker', (tx, ctx) => recordPrivacyRequest(tx, ctx, { ...request, ...more }));
  expect(await record({})).toMatchObject({ recorded: true });
  expect(await record({ email: person!.email })).toMatchObject({ recorded: true });
  expect(await record({ email: person!.email })).toMatchObject({ recorded: false });
  expect(await requestsOf(merchantId)).toMatchObject([
    { customer_id: person!.customerId, completed_at: null },
  ]);
});

describe('a request_id that was used before', () => {
  const names = ['customerId', 'externalId', 'email'] as const;

  it.each(names)('is refused for another person, named by %s', async (name) => {
    const { merchantId } = newShop();
    const [one, another] = await people(merchantId, 2);
    const requestId = randomUUID();
    const receipt = await redact({ merchantId, requestId, [name]: one![name] });
    await expect(redact({ merchantId, requestId, [name]: another![name] })).rejects.toMatchObject({
      kind: 'invalid_argument',
      field: 'request_id',
    });
    expect(await erased(merchantId)).toBe(1);
    expect(await redact({ merchantId, requestId, [name]: one![name] })).toEqual(receipt);
    expect(JSON.stringify(await requestsOf(merchantId))).not.toContain(one!.email);
  });

  it('is refused when nothing proves that it is the same person', async () => {
    const { merchantId } = newShop();
    const [, another] = await people(merchantId, 2);
    const requestId = randomUUID();
    await redact({ merchantId, requestId, email: 'nobody.known@example.com' });
    await expect(redact({ merchantId, requestId, customerId: another!.customerId })).rejects.toMatchObject({
      field: 'request_id',
    });
    expect(await erased(merchantId)).toBe(0);
  });

  it('returns the receipt for the same person, in another spelling or by the id that was found', async () => {
    const { merchantId } = newShop();
    const [person] = await people(merchantId, 1);
    const requestId = randomUUID();
    const receipt = await redact({ merchantId, requestId, email: person!.email });
    expect(await redact({ merchantId, requestId, email: ` ${person!.email.toUpperCase()}` })).toEqual(
      receipt,
    );
    expect(await redact({ merchantId, requestId, customerId: person!.customerId })).toEqual(receipt);
    expect(await redact({ merchantId, requestId, ...person! })).toEqual(receipt);
  });

  it('returns a receipt of an earlier build, which kept no names', async () => {
    const { merchantId } = newShop();
    await people(merchantId, 1);
    await world.given.aRequest(merchantId, {
      requestId: 'old',
      kind: 'redact',
      receipt: { customerId: null, places: [] },
      done: true,
    });
    const receipt = await redact({ merchantId, requestId: 'old', email: newEmail() });
    expect(receipt).toEqual({ customerId: null, places: [] });
  });
});

it('audits the erasure of an unknown person, because tombstones are written', async () => {
  const { merchantId } = newShop();
  const requestId = randomUUID();
  await redact({ merchantId, requestId, email: newEmail() });
  expect(await world.rows('audit_log', merchantId)).toMatchObject([
    { action: 'customer.erase', customer_id: null, detail: { request_id: requestId, customers: 0 } },
  ]);
  const known = newEmail();
  await world.as('api', (tx, ctx) => createCustomer(tx, ctx, { merchantId, email: known }), merchantId);
  await redact({ merchantId, requestId: randomUUID(), email: known });
  const erasures = (await world.rows('audit_log', merchantId)).filter(
    (row) => row['action'] === 'customer.erase',
  );
  expect(erasures).toHaveLength(2);
});

it('decrypts only those waiting webhooks that may be about the person', async () => {
  const { shop, merchantId } = await world.connect();
  const [one, other] = await people(merchantId, 2);
  for (const { email } of [one!, other!]) await world.webhook(shop, 'customers/update', { email });
  await world.webhook(shop, 'customers/update', 'no JSON');
  await world.owner.query(`update webhook_events set body = '1.broken' where merchant_id = $1`, [merchantId]);
  // The other person's webhook is unreadable too, but is not tried.
  const { places } = await redact({ merchantId, requestId: randomUUID(), ...one! });
  expect(places.find(({ place }) => place === 'webhook_events')?.remark).toMatch(
    /^2 bodies cannot be decrypted with any key/,
  );
});

it('deletes the marks of names of a webhook that is done', async () => {
  const { shop, merchantId } = await world.connect();
  const [person] = await people(merchantId, 1);
  for (const eventId of ['applied', 'erased'])
    await world.webhook(shop, 'customers/update', { email: person!.email }, eventId);
  const marks = async () =>
    (await world.rows<{ name_marks: number[] | null }>('webhook_events', merchantId)).map(
      ({ name_marks: each }) => each?.length,
    );
  // Any text may be an external id, even an email.
  expect(await marks()).toEqual([2, 2]);
  const [row] = (await world.rows<{ id: string; event_id: string }>('webhook_events', merchantId)).filter(
    ({ event_id: eventId }) => eventId === 'applied',
  );
  await world.as('worker', (tx) => finishWebhook(tx, { merchantId, id: row!.id, outcome: 'applied' }));
  await redact({ merchantId, requestId: randomUUID(), ...person! });
  expect(await marks()).toEqual([undefined, undefined]);
});

it('reports that webhooks that are not JSON may contain another form of a name', async () => {
  const { shop, merchantId } = await world.connect();
  const [person] = await people(merchantId, 1);
  await world.webhook(shop, 'customers/update', '<html></html>');
  await world.webhook(shop, 'customers/update', `{"email":"${person!.email}","n`);
  const { places } = await redact({ merchantId, requestId: randomUUID(), ...person! });
  expect(places.find(({ place }) => place === 'webhook_events')).toMatchObject({
    found: 1,
    remark: expect.stringMatching(/^1 bodies are not JSON and contain no name as it is written/),
  });
});
