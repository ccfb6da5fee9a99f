import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { waitUntil } from '@core/testing';
import { DEV_CLIENT_SECRET, shopIdOf } from '../src/index.ts';
import { openShop } from './shopify-calls.ts';
import type { OpenShop } from './shopify-calls.ts';

/* eslint-disable @typescript-eslint/no-explicit-any -- the shapes are what is under test */

interface Received {
  headers: IncomingHttpHeaders;
  raw: string;
  body: any;
}

let open: OpenShop;
let server: Server;
let received: Received[];
/** The receiver's status; undefined: no reply at all. */
let answer: (webhook: Received) => number | undefined;

const signed = (raw: string) => createHmac('sha256', DEV_CLIENT_SECRET).update(raw).digest();
const genuine = ({ headers, raw }: Received) =>
  timingSafeEqual(Buffer.from(String(headers['x-shopify-hmac-sha256']), 'base64'), signed(raw));
const correct = (webhook: Received) => (genuine(webhook) ? 200 : 401);

beforeEach(async () => {
  received = [];
  answer = correct;
  open = await openShop({ customers: 20 });
  server = createServer((request, response) => {
    void text(request).then((raw) => {
      const webhook = { headers: request.headers, raw, body: JSON.parse(raw) };
      received.push(webhook);
      const status = answer(webhook);
      if (status !== undefined) response.writeHead(status, { location: '/elsewhere' }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`;
  await open.control({ webhooks: { url, retryScale: 1e-6 } });
});
afterEach(async () => {
  await open.close();
  server.closeAllConnections();
  server.close();
});

const arrive = (count: number) =>
  waitUntil(() => received.length >= count && received, { what: `${count} webhooks`, everyMs: 5 });
const settle = () =>
  waitUntil(() => open.shop.webhooks.deliveries().every(({ state }) => state !== 'waiting'), {
    what: 'all deliveries to finish',
    everyMs: 5,
  });
const topics = () => received.map(({ headers }) => headers['x-shopify-topic']);

describe('a change in the shop is sent as a webhook', () => {
  it('with the documented headers and a signature over the raw body', async () => {
    const customer = open.shop.get(3)!;
    open.shop.edit(customer.id, { email: 'moved@example.com', tags: ['x'] });
    const [webhook] = await arrive(1);
    expect(webhook!.headers).toMatchObject({
      'content-type': 'application/json',
      'x-shopify-topic': 'customers/update',
      'x-shopify-shop-domain': 'dev-shop.myshopify.com',
      'x-shopify-webhook-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-shopify-event-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-shopify-triggered-at': '2026-06-01T00:00:00.000000000Z',
      'x-shopify-api-version': '2026-10',
    });
    expect(genuine(webhook!)).toBe(true);
    expect(webhook!.body).toMatchObject({
      admin_graphql_api_id: customer.id,
      email: 'moved@example.com',
      updated_at: '2026-05-31T19:00:00-05:00',
    });
    await settle();
    expect(open.rules()).toEqual([]);
  });

  it('in bytes that differ after a client parses and serializes them', async () => {
    open.shop.edit(open.shop.get(3)!.id, { tags: [] });
    const [{ raw, body }] = (await arrive(1)) as [Received];
    expect(signed(JSON.stringify(body))).not.toEqual(signed(raw));
  });

  it('without the fields that Shopify leaves out', async () => {
    open.shop.edit(open.shop.get(3)!.id, { tags: ['x'] });
    const [webhook] = await arrive(1);
    for (const name of ['tags', 'orders_count', 'total_spent', 'locale'])
      expect(webhook!.body).not.toHaveProperty(name);
  });

  it('for create, delete, and a merge as two topics of one event', async () => {
    const { shop } = open;
    shop.add(1);
    shop.remove(shop.get(1)!.id);
    const [one, two] = [shop.get(2)!.id, shop.get(4)!.id];
    const kept = shop.merge(one, two)!;
    const gone = kept === one ? two : one;
    await arrive(4);
    const byTopic = (topic: string) => received.find(({ headers }) => headers['x-shopify-topic'] === topic)!;
    expect(topics().sort()).toEqual([
      'customers/create',
      'customers/delete',
      'customers/merge',
      'customers/update',
    ]);
    expect(byTopic('customers/delete').body).toEqual({
      id: expect.any(Number),
      tax_exemptions: [],
      admin_graphql_api_id: expect.stringContaining('gid://shopify/Customer/'),
    });
    expect(byTopic('customers/merge').body).toEqual({
      admin_graphql_api_customer_kept_id: kept,
      admin_graphql_api_customer_deleted_id: gone,
      admin_graphql_api_job_id: null,
      status: 'completed',
      errors: [],
    });
    const eventOf = (topic: string) => byTopic(topic).headers['x-shopify-event-id'];
    expect(eventOf('customers/merge')).toBe(eventOf('customers/update'));
    expect(eventOf('customers/merge')).not.toBe(eventOf('customers/create'));
    expect(shop.find(gone)).toBeUndefined();
  });

  it('for the end of a bulk query', async () => {
    const query = '{ customers { edges { node { id } } } }';
    const { data } = await open.graphql(
      'mutation R($query: String!) { bulkOperationRunQuery(query: $query) { bulkOperation { id } userErrors { message } } }',
      { query },
    );
    const [webhook] = await arrive(1);
    expect([webhook!.headers['x-shopify-topic'], webhook!.body]).toEqual([
      'bulk_operations/finish',
      {
        admin_graphql_api_id: data.bulkOperationRunQuery.bulkOperation.id,
        completed_at: '2026-05-31T19:00:00-05:00',
        created_at: '2026-05-31T19:00:00-05:00',
        error_code: null,
        status: 'completed',
        type: 'query',
      },
    ]);
  });

  it('for the privacy topics and an uninstall, on demand', async () => {
    const customerId = open.shop.get(0)!.id;
    for (const topic of ['customers/data_request', 'customers/redact', 'shop/redact', 'app/uninstalled']) {
      await open.control({ sendWebhook: { topic, customerId } });
    }
    await arrive(4);
    const redact = received.find(({ headers }) => headers['x-shopify-topic'] === 'customers/redact')!;
    expect(redact.body).toEqual({
      shop_id: shopIdOf('dev-shop.myshopify.com'),
      shop_domain: 'dev-shop.myshopify.com',
      customer: { id: Number(customerId.split('/').at(-1)), email: open.shop.get(0)!.email, phone: null },
      orders_to_redact: [],
    });
    expect((await open.rest('customers/count.json')).status).toBe(401); // uninstalled
  });
});

describe('delivery', () => {
  it('is retried with the same ids and body after anything but a 2xx', async () => {
    const answers = [500, 302, 404, 503, 200];
    answer = () => answers.shift();
    open.shop.remove(open.shop.get(1)!.id);
    await settle();
    expect(open.shop.webhooks.deliveries()).toMatchObject([
      { state: 'delivered', statuses: [500, 302, 404, 503, 200] },
    ]);
    const once = (pick: (webhook: Received) => unknown) => new Set(received.map(pick)).size;
    expect(once(({ raw }) => raw)).toBe(1);
    expect(once(({ headers }) => headers['x-shopify-webhook-id'])).toBe(1);
    expect(once(({ headers }) => headers['x-shopify-hmac-sha256'])).toBe(1);
    expect(open.rules()).toEqual([]);
  });

  it('is given up after eight retries', async () => {
    answer = () => 500;
    open.shop.remove(open.shop.get(1)!.id);
    await settle();
    expect(open.shop.webhooks.deliveries()).toMatchObject([
      { state: 'given up', statuses: Array(9).fill(500) },
    ]);
    expect(await open.control({}, '/webhooks')).toMatchObject([
      { topic: 'customers/delete', state: 'given up' },
    ]);
  });

  it('treats no reply within five seconds as a failure', async () => {
    const answers = [undefined, 200];
    answer = () => answers.shift();
    open.shop.remove(open.shop.get(1)!.id);
    await settle();
    expect(open.shop.webhooks.deliveries()).toMatchObject([{ statuses: [0, 200] }]);
  });

  it('can be held, sent in the wrong order, and sent twice', async () => {
    const { shop } = open;
    await open.control({ holdWebhooks: true });
    for (const tag of ['a', 'b']) shop.edit(shop.get(1)!.id, { firstName: tag });
    expect(received).toEqual([]);
    await open.control({ releaseWebhooks: { reversed: true } });
    await arrive(2);
    await settle();
    await open.control({ repeatWebhooks: true });
    await arrive(4);
    expect(new Set(received.map(({ headers }) => headers['x-shopify-event-id'])).size).toBe(2);
  });

  it('is not sent without a registered address', async () => {
    await open.control({ webhooks: null });
    open.shop.remove(open.shop.get(1)!.id);
    expect(open.shop.webhooks.deliveries()).toEqual([]);
  });
});

describe('the signature check of a receiver', () => {
  const forge = (customerId: string) =>
    open.control({ sendWebhook: { topic: 'customers/redact', customerId, forged: true } });

  it('is no violation if it refuses a forged webhook with 401 and accepts a genuine one', async () => {
    await forge(open.shop.get(0)!.id);
    open.shop.edit(open.shop.get(0)!.id, { tags: [] });
    await settle();
    expect(open.shop.webhooks.deliveries()).toMatchObject([{ statuses: [401] }, { statuses: [200] }]);
    expect(open.rules()).toEqual([]);
  });

  it('is a violation if it accepts a forged webhook', async () => {
    answer = () => 200;
    await forge(open.shop.get(0)!.id);
    await settle();
    expect(open.shop.stats().violations).toEqual([
      { rule: 'webhook-hmac', detail: 'a forged customers/redact was accepted', times: 1 },
    ]);
  });

  it('is a violation if it signs a body that it parsed and serialized', async () => {
    answer = ({ headers, body }) =>
      signed(JSON.stringify(body)).toString('base64') === headers['x-shopify-hmac-sha256'] ? 200 : 401;
    open.shop.edit(open.shop.get(0)!.id, { tags: [] });
    await settle();
    expect(open.shop.stats().violations).toMatchObject([
      { rule: 'webhook-hmac', detail: 'a genuine customers/update was refused as forged', times: 9 },
    ]);
  });
});
