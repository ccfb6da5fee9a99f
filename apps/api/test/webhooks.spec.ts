import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { createMerchantKeyStore, parseKeyring } from '@core/crypto';
import { poolReader } from '@core/db';
import { decryptWebhookBody, type WebhookTopic } from '@core/domain';
import { ImportService } from '@core/contracts';
import { within } from '@core/runtime';
import {
  DEV_CLIENT_SECRET,
  shopIdOf,
  startShopifyStandIn,
  type ShopifyStandIn,
} from '@core/shopify-stand-in';
import { aMerchantId, waitUntil } from '@core/testing';
import { merchant, openApi, type TestApi } from './support.ts';
import { openCuttableProxy, type CuttableProxy } from './cuttable-proxy.ts';

const SECRET_BEFORE = 'the-secret-before-this-one';
const keyring = `k1:${Buffer.alloc(32, 7).toString('base64')}`;

let proxy: CuttableProxy;
let standIn: ShopifyStandIn;
let api: TestApi;
beforeAll(async () => {
  proxy = await openCuttableProxy();
  standIn = await startShopifyStandIn({ customers: 20 });
  api = await openApi({
    env: {
      CORE_DB_PORT: String(proxy.port),
      CORE_ENCRYPTION_KEYS: keyring,
      SHOPIFY_BASE_URL: standIn.url,
      SHOPIFY_CLIENT_SECRET: `${DEV_CLIENT_SECRET}, ${SECRET_BEFORE}`,
    },
  });
});
afterAll(async () => {
  await api?.stop();
  await standIn?.close();
  proxy?.close();
});

const url = () => `${api.url}/webhooks/shopify`;

/** Connects a shop of the stand-in, which sends its webhooks to the API. */
async function openShop(retryScale = 1e-6) {
  const merchantId = merchant();
  const shop = standIn.shop(`s-${randomUUID()}.myshopify.com`);
  await api.rpc.unary(ImportService.method.connectShop, {
    merchantId,
    shop: shop.domain,
    accessToken: shop.accessToken,
  });
  shop.webhooks.target = { url: url(), retryScale };
  const settled = () =>
    waitUntil(() => shop.webhooks.deliveries().every(({ state }) => state !== 'waiting'), {
      what: 'all deliveries to end',
    });
  return { merchantId, shop, settled };
}

interface Row {
  merchant_id: string;
  shop: string;
  topic: WebhookTopic;
  event_id: string;
  body: string;
}
const rowsOf = async (shop: string) =>
  (await api.owner.query<Row>('select * from webhook_events where shop = $1 order by topic', [shop])).rows;

const sign = (body: string, secret = DEV_CLIENT_SECRET) =>
  createHmac('sha256', secret).update(body).digest('base64');

/** Sends a self-made webhook. An undefined header is omitted. */
async function send(
  shop: string,
  {
    body = '{}',
    headers = {},
    method = 'POST',
  }: { body?: string; headers?: Record<string, string | undefined>; method?: string } = {},
) {
  const all: Record<string, string | undefined> = {
    'content-type': 'application/json',
    'x-shopify-hmac-sha256': sign(body),
    'x-shopify-topic': 'customers/update',
    'x-shopify-shop-domain': shop,
    'x-shopify-event-id': randomUUID(),
    ...headers,
  };
  const given = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const reply = await fetch(url(), { method, headers: given, ...(method === 'GET' ? {} : { body }) });
  return { status: reply.status, text: await reply.text(), allow: reply.headers.get('allow') };
}

const metric = async (line: RegExp): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${api.adminPort}/metrics`)).text();
  return Number(line.exec(text)?.[1] ?? 0);
};

it('stores a webhook encrypted before it answers, and does not reveal its shop in metrics', async () => {
  const { shop, merchantId, settled } = await openShop();
  const [customer] = shop.all();
  shop.edit(customer!.id, { email: 'ada@example.com' });
  await settled();
  expect(shop.webhooks.deliveries()).toMatchObject([{ statuses: [200], state: 'delivered' }]);

  const [row] = await rowsOf(shop.domain);
  expect(row).toMatchObject({ merchant_id: merchantId, topic: 'customers/update' });
  expect(row!.body).toMatch(/^1\.[A-Za-z0-9+/=]+$/);
  const reader = poolReader(api.owner);
  const keys = createMerchantKeyStore(parseKeyring(keyring));
  const identity = {
    merchantId: aMerchantId(merchantId),
    shop: shop.domain,
    topic: row!.topic,
    eventId: row!.event_id,
    body: row!.body,
  };
  expect((await decryptWebhookBody(reader, { keys }, identity)).toString()).toBe(
    shop.webhooks.deliveries()[0]!.body,
  );
  await expect(
    decryptWebhookBody(reader, { keys }, { ...identity, topic: 'customers/create' }),
  ).rejects.toThrow('cannot be decrypted');

  const text = await (await fetch(`http://127.0.0.1:${api.adminPort}/metrics`)).text();
  expect(text).not.toContain(shop.domain);
  expect(shop.stats().violations).toEqual([]);
});

it('refuses a forged webhook, an altered body and an unsigned one with 401, and stores none of them', async () => {
  const { shop, settled } = await openShop();
  shop.sendWebhook({ topic: 'customers/redact', customerId: 'gid://shopify/Customer/7', forged: true });
  await settled();
  expect(shop.webhooks.deliveries()).toMatchObject([{ statuses: [401] }]);
  const signature = sign('{"id":7}');
  for (const headers of [
    { 'x-shopify-hmac-sha256': signature },
    { 'x-shopify-hmac-sha256': signature.slice(0, 20) },
    { 'x-shopify-hmac-sha256': 'é' },
    { 'x-shopify-hmac-sha256': undefined },
  ]) {
    expect((await send(shop.domain, { body: '{"id":8}', headers })).status).toBe(401);
  }
  expect(await rowsOf(shop.domain)).toEqual([]);
  expect(shop.stats().violations).toEqual([]);
});

it('accepts a privacy request only for the shop that its body names, and only under its own topic', async () => {
  const [{ shop }, { shop: other }] = await Promise.all([openShop(), openShop()]);
  const as = (topic: string) => ({ 'x-shopify-topic': topic });
  const person = { id: 7, email: 'ada@example.com', phone: null };
  const of = { shop_id: shopIdOf(shop.domain), shop_domain: shop.domain };
  const bodies = {
    'customers/redact': { ...of, customer: person, orders_to_redact: [] },
    'customers/data_request': { ...of, customer: person, orders_requested: [], data_request: { id: 9 } },
    'shop/redact': of,
  };
  // A body that is signed for one shop, sent as another shop's.
  for (const [topic, body] of Object.entries(bodies)) {
    const reply = await send(other.domain, { body: JSON.stringify(body), headers: as(topic) });
    expect(reply).toMatchObject({
      status: 401,
      text: 'X-Shopify-Shop-Domain: is not the shop_domain of the body',
    });
  }
  // A body that is signed about a person, sent as one about the shop; and bodies that are not privacy
  // requests.
  for (const [body, text] of [
    [bodies['customers/redact'], 'the body does not match the topic shop/redact'],
    [{ id: 7, email: person.email }, 'the body does not match the topic shop/redact'],
    [[], 'the body must be a JSON object, in UTF-8'],
  ]) {
    const reply = await send(shop.domain, { body: JSON.stringify(body), headers: as('shop/redact') });
    expect(reply).toMatchObject({ status: 422, text });
  }
  expect([...(await rowsOf(shop.domain)), ...(await rowsOf(other.domain))]).toEqual([]);
  for (const [topic, body] of Object.entries(bodies)) {
    const reply = await send(shop.domain, { body: JSON.stringify(body), headers: as(topic) });
    expect(reply.status).toBe(200);
  }
  expect((await rowsOf(shop.domain)).map(({ topic }) => topic)).toEqual(Object.keys(bodies).sort());
});

it.each(['customers/create', 'customers/delete', 'customers/merge', 'bulk_operations/finish'])(
  'accepts %s only for the shop that its body names, if it names one',
  async (topic) => {
    const [{ shop }, { shop: other }] = await Promise.all([openShop(), openShop()]);
    const sent = (of: object, headers: Record<string, string> = {}) =>
      send(shop.domain, {
        body: JSON.stringify({ id: 7, ...of }),
        headers: { 'x-shopify-topic': topic, ...headers },
      });
    expect(await sent({ shop_domain: other.domain })).toEqual({
      status: 401,
      text: 'X-Shopify-Shop-Domain: is not the shop_domain of the body',
      allow: null,
    });
    expect(await sent({ shop_id: shopIdOf(other.domain) })).toMatchObject({
      status: 401,
      text: 'the shop is not the one that is connected under this name',
    });
    const id = { 'x-shopify-shop-id': String(shopIdOf(shop.domain)) };
    expect(await sent({ shop_id: shopIdOf(other.domain) }, id)).toMatchObject({
      status: 401,
      text: 'X-Shopify-Shop-Id: is not the shop_id of the body',
    });
    expect(await sent({ shop_id: 'x' })).toMatchObject({
      status: 422,
      text: `the body does not match the topic ${topic}`,
    });
    expect(await rowsOf(shop.domain)).toEqual([]);
    expect(await sent({ shop_id: 'x', shop_domain: shop.domain })).toMatchObject({ status: 200 });
    const own = { shop_domain: shop.domain, shop_id: shopIdOf(shop.domain) };
    expect(await sent(own, id)).toMatchObject({ status: 200 });
    expect(await rowsOf(shop.domain)).toHaveLength(2);
  },
);

it('accepts the webhooks that Shopify sends', async () => {
  const { shop, settled } = await openShop();
  const [customer] = shop.all();
  shop.sendWebhook({ topic: 'customers/redact', customerId: customer!.id });
  shop.sendWebhook({ topic: 'customers/data_request', customerId: customer!.id });
  shop.sendWebhook({ topic: 'shop/redact' });
  await settled();
  expect(shop.webhooks.deliveries().map(({ statuses }) => statuses)).toEqual([[200], [200], [200]]);
  expect(shop.stats().violations).toEqual([]);
});

it('accepts a signature with either secret during a rotation', async () => {
  const { shop } = await openShop();
  const headers = { 'x-shopify-hmac-sha256': sign('{}', SECRET_BEFORE) };
  expect((await send(shop.domain, { headers })).status).toBe(200);
  expect(await rowsOf(shop.domain)).toHaveLength(1);
});

it('stores an event once however often it is delivered, and both topics of a merge', async () => {
  const { shop, settled } = await openShop();
  const [one, two] = shop.all();
  shop.merge(one!.id, two!.id);
  await settled();
  shop.webhooks.repeat();
  await waitUntil(() => shop.webhooks.deliveries().every(({ statuses }) => statuses.length === 2), {
    what: 'the second deliveries',
  });
  expect(shop.webhooks.deliveries().flatMap(({ statuses }) => statuses)).toEqual([200, 200, 200, 200]);
  const rows = await rowsOf(shop.domain);
  expect(rows.map(({ topic }) => topic)).toEqual(['customers/merge', 'customers/update']);
  expect(rows[0]!.event_id).toBe(rows[1]!.event_id);
});

it('answers 200 for an unconnected shop and for an unused topic, and stores nothing', async () => {
  const { shop } = await openShop();
  const before = await metric(/core_webhook_duration_seconds_count\{.*unknown_shop.*\} (\d+)/);
  expect((await send('nobody.myshopify.com')).status).toBe(200);
  expect((await send(shop.domain, { headers: { 'x-shopify-topic': 'products/update' } })).status).toBe(200);
  expect(await rowsOf('nobody.myshopify.com')).toEqual([]);
  expect(await rowsOf(shop.domain)).toEqual([]);
  expect(await metric(/core_webhook_duration_seconds_count\{.*unknown_shop.*\} (\d+)/)).toBe(before + 1);
});

it('loses no privacy request with a misspelt topic: it is stored or refused', async () => {
  const { shop } = await openShop();
  const named = `"shop_id":${shopIdOf(shop.domain)},"shop_domain":"${shop.domain}"`;
  const body = `{${named},"customer":{"id":7},"orders_to_redact":[]}`;
  const as = (topic: string, of = body) =>
    send(shop.domain, {
      body: of,
      headers: {
        'x-shopify-topic': topic,
        'x-shopify-event-id': topic,
        'x-shopify-hmac-sha256': sign(of),
      },
    });
  const topics = [
    'customersRedact',
    'customers%2Fredact',
    '/customers.redact/',
    'customer/redact',
    'junk/topic',
  ];
  for (const topic of topics) expect((await as(topic)).status).toBe(200);
  expect((await rowsOf(shop.domain)).map(({ topic }) => topic)).toEqual(topics.map(() => 'customers/redact'));
  expect(await as('junk/topic', `{${named},"customer":{"id":7}}`)).toMatchObject({
    status: 422,
    text: expect.stringMatching(/^X-Shopify-Topic: must be one of customers\//),
  });
});

// The event id is not tested: any other id of the delivery replaces it.
it.each(['X-Shopify-Topic', 'X-Shopify-Shop-Domain'])(
  'names the header %s when it is missing and the body does not contain its value',
  async (name) => {
    const { shop } = await openShop();
    const reply = await send(shop.domain, { headers: { [name.toLowerCase()]: undefined } });
    expect(reply).toMatchObject({
      status: 400,
      text: `${name}: is required, because the body does not contain it`,
    });
  },
);

it.each([
  'X-Shopify-Topic',
  'X-Shopify-Shop-Domain',
  'X-Shopify-Shop-Id',
  'X-Shopify-Event-Id',
  'X-Shopify-Webhook-Id',
])('names the header %s when it is repeated with two values', async (name) => {
  const sendRepeated = (signature: string, values: string[]) =>
    sendRaw({ 'x-shopify-hmac-sha256': signature, [name]: values });
  expect(await sendRepeated(sign('{}'), ['a', 'b'])).toEqual([400, `${name}: must be given once`]);
  expect((await sendRepeated(sign('else'), ['a', 'b']))[0]).toBe(401);
  expect((await sendRepeated(sign('{}'), ['a', 'a']))[1]).not.toContain('must be given once');
});

it('checks a repeated signature: first whether one is valid, then whether it is the only one', async () => {
  const { shop } = await openShop();
  const [valid, other] = [sign('{}'), sign('else')];
  const signed = (signature: string | string[]) =>
    sendRaw({
      'x-shopify-topic': 'customers/update',
      'x-shopify-shop-domain': shop.domain,
      'x-shopify-hmac-sha256': signature,
    });
  const refusal = [400, 'X-Shopify-Hmac-Sha256: must be given once'];
  for (const values of [
    [valid, other],
    [other, valid],
    [valid, 'no base64'],
    [valid, valid, other],
  ]) {
    expect(await signed(values)).toEqual(refusal);
  }
  expect((await signed([other, 'x']))[0]).toBe(401);
  // Joined by a proxy: the result equals neither signature.
  for (const joined of [`${valid}, ${other}`, `${valid},`, `${valid}${valid}`])
    expect((await signed(joined))[0]).toBe(401);
  expect(await rowsOf(shop.domain)).toEqual([]);
  expect((await signed([valid, valid]))[0]).toBe(200);
});

it('accepts a valid signature under either of its two names, whatever the other contains', async () => {
  const [valid, other] = [sign('{}'), sign('else')];
  for (const [older, newer, status] of [
    [valid, other, 200],
    [other, valid, 200],
    [other, other, 401],
  ] as const) {
    const { shop } = await openShop();
    const headers = { 'x-shopify-topic': 'customers/update', 'x-shopify-shop-domain': shop.domain };
    const signatures = { 'x-shopify-hmac-sha256': older, 'shopify-hmac-sha256': newer };
    expect((await sendRaw({ ...headers, ...signatures }))[0]).toBe(status);
  }
});

it.each(['content-type', 'authorization'])(
  'checks its %s once the signature is valid: equal values count once',
  async (name) => {
    const { shop } = await openShop();
    const json = 'application/json';
    const sendRepeated = (signature: string, values: string[]) =>
      sendRaw({
        'x-shopify-topic': 'customers/update',
        'x-shopify-shop-domain': shop.domain,
        'x-shopify-hmac-sha256': signature,
        [name]: values,
      });
    expect((await sendRepeated(sign('else'), [json, 'text/plain']))[0]).toBe(401);
    expect((await sendRepeated(sign('else'), [json, json]))[0]).toBe(401);
    for (const values of [
      [json, 'text/plain'],
      ['text/plain', json],
    ])
      expect(await sendRepeated(sign('{}'), values)).toEqual([400, `${name}: must be given once`]);
    expect(await rowsOf(shop.domain)).toEqual([]);
    expect((await sendRepeated(sign('{}'), [json, json]))[0]).toBe(200);
  },
);

/** Sends a webhook whose headers may be repeated. */
async function sendRaw(headers: Record<string, string | string[]>, body = '{}') {
  const sending = request(url(), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  });
  sending.end(body);
  const [reply] = (await once(sending, 'response')) as [IncomingMessage];
  return [reply.statusCode, await textOf(reply)] as const;
}

it.each([
  'application/json; charset="utf-8"',
  'application/json;',
  'Application/JSON ; Charset=UTF-8 ;',
  'application/json;charset = utf-8',
])('accepts %j as JSON', async (type) => {
  const { shop } = await openShop();
  expect((await send(shop.domain, { headers: { 'content-type': type } })).status).toBe(200);
});

it('refuses other methods, other content types and bodies beyond the limit', async () => {
  const { shop } = await openShop();
  expect(await send(shop.domain, { method: 'GET' })).toMatchObject({ status: 405, allow: 'POST' });
  expect((await send(shop.domain, { headers: { 'content-type': 'text/plain' } })).status).toBe(415);
  expect((await send(shop.domain, { body: 'x'.repeat(1024 * 1024 + 1) })).status).toBe(413);
  expect(await endless()).toBe(413);
  expect((await send(shop.domain, { body: JSON.stringify('x'.repeat(1024 * 1024 - 2)) })).status).toBe(200);
});

/** Sends an endless body without an announced length. */
const endless = () =>
  new Promise<number | undefined>((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'x-shopify-hmac-sha256': sign(''),
      'x-shopify-topic': 'customers/update',
      'x-shopify-shop-domain': 'endless.myshopify.com',
      'x-shopify-event-id': '1',
    };
    const sending = request(url(), { method: 'POST', headers });
    let answered = false;
    sending.on('error', (error) => (answered ? undefined : reject(error)));
    sending.on('response', (reply) => {
      answered = true;
      resolve(reply.statusCode);
      sending.destroy();
    });
    const write = () => {
      if (!answered) sending.write(Buffer.alloc(64 * 1024), () => setImmediate(write));
    };
    write();
  });

it('answers 503 in time while a lock delays the write, and detects the second delivery', async () => {
  const { shop } = await openShop();
  const headers = { 'x-shopify-event-id': randomUUID() };
  const locker = await api.owner.connect();
  await locker.query('begin');
  await locker.query('lock table webhook_events in access exclusive mode');
  const sending = send(shop.domain, { headers });
  // A server that waited for the database longer than a second would answer after the lock, with 200.
  await within(2_500, sending);
  await locker.query('commit');
  locker.release();
  expect(await sending).toMatchObject({ status: 503, text: 'the webhook was not stored within 900 ms' });
  await waitUntil(async () => (await rowsOf(shop.domain)).length === 1, {
    what: 'the webhook to be stored late',
  });
  const stored = await rowsOf(shop.domain);
  expect((await send(shop.domain, { headers })).status).toBe(200);
  expect(await rowsOf(shop.domain)).toEqual(stored);
});

it('answers 503 while the database is down, and stores everything once it is up again', async () => {
  const { shop, settled } = await openShop(1e-3);
  const [one, two] = shop.all();
  proxy.cut();
  try {
    shop.edit(one!.id, { email: 'ada@example.com' });
    shop.remove(two!.id);
    await waitUntil(() => shop.webhooks.deliveries().every(({ statuses }) => statuses.includes(503)), {
      what: 'the refusals',
    });
  } finally {
    proxy.restore();
  }
  await settled();
  expect(shop.webhooks.deliveries().map(({ state }) => state)).toEqual(['delivered', 'delivered']);
  expect((await rowsOf(shop.domain)).map(({ topic }) => topic)).toEqual([
    'customers/delete',
    'customers/update',
  ]);
});
