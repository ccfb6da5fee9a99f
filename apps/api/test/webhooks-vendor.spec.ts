import { createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { ImportService } from '@core/contracts';
import { DEV_CLIENT_SECRET, shopIdOf } from '@core/shopify-stand-in';
import { merchant, openApi, type TestApi } from './support.ts';

/**
 * Webhooks in the forms that Shopify sends or is known to have sent, in addition to those in its
 * documentation.
 */
let api: TestApi;
beforeAll(async () => {
  api = await openApi({ env: { SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET } });
});
afterAll(() => api?.stop());

async function openShop() {
  const merchantId = merchant();
  const { domain, accessToken } = api.shopify.shop(`s-${randomUUID()}.myshopify.com`);
  await api.rpc.unary(ImportService.method.connectShop, { merchantId, shop: domain, accessToken });
  return { merchantId, domain, named: { shop_id: shopIdOf(domain), shop_domain: domain } };
}

const sign = (body: string | Buffer) => createHmac('sha256', DEV_CLIENT_SECRET).update(body).digest('base64');

/** Sends over http.request, which repeats a header that has two values. */
function send(
  headers: Record<string, string | string[]>,
  body: unknown,
  { signature, path = '' }: { signature?: string; path?: string } = {},
): Promise<{ status: number; text: string }> {
  const text = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const all = { 'x-shopify-hmac-sha256': signature ?? sign(text), ...headers };
  return new Promise((resolve, reject) => {
    const sending = request(
      `${api.url}/webhooks/shopify${path}`,
      { method: 'POST', headers: all },
      (reply) => {
        let received = '';
        reply.on('data', (chunk) => (received += String(chunk)));
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text: received }));
      },
    );
    sending.on('error', reject).end(text);
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const rowsOf = async (merchantId: string) =>
  (
    await api.owner.query<{ topic: string; event_id: string }>(
      'select topic, event_id from webhook_events where merchant_id = $1 order by id',
      [merchantId],
    )
  ).rows;
const requestsOf = async (merchantId: string) =>
  (
    await api.owner.query<{ request_id: string; kind: string }>(
      'select request_id, kind from privacy_requests where merchant_id = $1 and completed_at is null',
      [merchantId],
    )
  ).rows;

// Shopify/shopify-api-ruby#1261: these headers and no others.
it('accepts a redaction with only its delivery id and its topic', async () => {
  const { merchantId, named } = await openShop();
  const id = randomUUID();
  const headers = { ...JSON_TYPE, 'x-shopify-topic': 'customers/redact', 'x-shopify-webhook-id': id };
  const body = { ...named, customer: { id: 7 }, orders_to_redact: [] };
  expect(await send(headers, body)).toMatchObject({ status: 200 });
  expect(await send(headers, body)).toMatchObject({ status: 200 });
  expect(await rowsOf(merchantId)).toEqual([{ topic: 'customers/redact', event_id: id }]);
  expect(await requestsOf(merchantId)).toEqual([{ request_id: `shopify:${id}`, kind: 'redact' }]);
});

it.each<[string, object]>([
  ['null', { orders_to_redact: null }],
  ['missing', {}],
])('accepts a redaction whose orders_to_redact is %s', async (_what, orders) => {
  const { merchantId, named } = await openShop();
  const headers = { ...JSON_TYPE, 'x-shopify-topic': 'customers/redact', 'x-shopify-webhook-id': 'w' };
  expect(await send(headers, { ...named, customer: { id: 7 }, ...orders })).toMatchObject({ status: 200 });
  expect(await requestsOf(merchantId)).toHaveLength(1);
});

it('accepts a webhook without any header except the signature, once for each body', async () => {
  const { merchantId, named } = await openShop();
  const bodies = [7, 8].map((id) => ({ ...named, customer: { id }, orders_to_redact: null }));
  for (const body of [...bodies, ...bodies]) expect((await send({}, body)).status).toBe(200);
  const rows = await rowsOf(merchantId);
  expect(rows).toHaveLength(2);
  // A reader of an id must not be able to sign the body with it.
  for (const body of bodies) expect(JSON.stringify(rows)).not.toContain(sign(JSON.stringify(body)));
});

it('checks the signature first: 401, whatever else is missing or invalid', async () => {
  const { merchantId, domain, named } = await openShop();
  const wrong = { signature: sign('something else') };
  for (const headers of [
    {},
    JSON_TYPE,
    { 'content-type': 'text/plain' },
    { ...JSON_TYPE, 'x-shopify-topic': 'customers/redact' },
    { ...JSON_TYPE, 'x-shopify-topic': 'customers/redact', 'x-shopify-shop-domain': domain },
    { ...JSON_TYPE, 'x-shopify-shop-domain': 'x'.repeat(300) },
  ]) {
    for (const body of [named, '', 'no JSON']) expect((await send(headers, body, wrong)).status).toBe(401);
  }
  expect(await rowsOf(merchantId)).toEqual([]);
});

it('accepts the signature under either name, and the valid one of two names; each name may occur once', async () => {
  const { merchantId, domain, named } = await openShop();
  const text = JSON.stringify(named);
  const newer = {
    ...JSON_TYPE,
    'shopify-topic': 'shop/redact',
    'shopify-shop-domain': domain,
    'shopify-event-id': 'e1',
    'shopify-hmac-sha256': sign(text),
  };
  expect((await send({ ...newer, 'x-shopify-hmac-sha256': [] }, text)).status).toBe(200);
  expect((await send({ ...newer, 'x-shopify-hmac-sha256': sign('else') }, text)).status).toBe(200);
  expect((await send({ 'x-shopify-hmac-sha256': [sign('else'), sign(text)] }, text)).status).toBe(400);
  expect((await rowsOf(merchantId)).map(({ topic }) => topic)).toEqual(['shop/redact']);
});

it('reads the topic from the path, from the header in any letter case, and from the body', async () => {
  const { merchantId, named } = await openShop();
  const person = { ...named, customer: { id: 7 } };
  const id = (n: number) => ({ ...JSON_TYPE, 'x-shopify-webhook-id': `w${n}` });
  expect((await send(id(1), person, { path: '/customers/redact' })).status).toBe(200);
  expect((await send(id(2), person, { path: '/customers_redact' })).status).toBe(200);
  expect((await send({ ...id(3), 'x-shopify-topic': 'CUSTOMERS_REDACT' }, person)).status).toBe(200);
  expect((await send({ ...id(4), 'x-shopify-topic': 'Customers/Redact' }, person)).status).toBe(200);
  expect((await send(id(5), { ...person, orders_to_redact: null })).status).toBe(200);
  expect((await rowsOf(merchantId)).map(({ topic }) => topic)).toEqual(Array(5).fill('customers/redact'));
  expect(await send(id(6), person, { path: '/no/topic' })).toEqual({
    status: 404,
    text: expect.stringMatching(/^the path must be \/webhooks\/shopify, or end with a topic/),
  });
  expect(await send(id(7), person)).toEqual({
    status: 400,
    text: 'X-Shopify-Topic: is required, because the body does not contain it',
  });
});

it.each([
  '/',
  '//',
  '%2F',
  '/customers/redact/',
  '/Customers/REDACT',
  '/customers%2Fredact',
  '//customers//redact',
])('accepts a webhook whose configured path ends with %s', async (path) => {
  const { merchantId, named } = await openShop();
  const headers = { ...JSON_TYPE, 'x-shopify-topic': 'customers/redact', 'x-shopify-event-id': 'e' };
  expect(await send(headers, { ...named, customer: { id: 7 } }, { path })).toEqual({ status: 200, text: '' });
  expect((await rowsOf(merchantId)).map(({ topic }) => topic)).toEqual(['customers/redact']);
  // Shopify's review sends a webhook with an invalid signature to the configured address.
  expect((await send(headers, {}, { path, signature: 'AAAA' })).status).toBe(401);
});

it('refuses a privacy request that is not UTF-8, and accepts a byte order mark', async () => {
  const { merchantId, named } = await openShop();
  const headers = { ...JSON_TYPE, 'x-shopify-topic': 'customers/redact', 'x-shopify-event-id': 'e' };
  const text = JSON.stringify({ ...named, customer: { id: 7 } });
  for (const body of [Buffer.from(text, 'utf16le'), Buffer.from(`\uFEFF${text}`, 'utf16le')]) {
    expect(await send(headers, body)).toEqual({
      status: 422,
      text: 'the body must be a JSON object, in UTF-8',
    });
  }
  expect((await send(headers, `\uFEFF${text}`)).status).toBe(200);
  expect(await rowsOf(merchantId)).toHaveLength(1);
});

it('stores a data request as pending under the number that Shopify gave it, even without a customer', async () => {
  const { merchantId, named } = await openShop();
  const headers = { ...JSON_TYPE, 'x-shopify-topic': 'customers/data_request', 'x-shopify-event-id': 'e' };
  const body = { ...named, customer: null, orders_requested: null, data_request: { id: '9999' } };
  expect((await send(headers, body)).status).toBe(200);
  expect(await requestsOf(merchantId)).toEqual([{ request_id: 'shopify:9999', kind: 'data_request' }]);
});

it('accepts the webhooks of a renamed shop by its number, and of no other shop', async () => {
  const { merchantId, domain, named } = await openShop();
  const renamed = `new-${domain}`;
  const body = { ...named, shop_domain: renamed, customer: { id: 7 }, orders_to_redact: [] };
  const headers = { ...JSON_TYPE, 'x-shopify-topic': 'customers/redact', 'x-shopify-shop-domain': renamed };
  expect((await send(headers, body)).status).toBe(200);
  expect(await requestsOf(merchantId)).toHaveLength(1);
  const { rows } = await api.owner.query<{ shop: string }>(
    'select shop from webhook_events where merchant_id = $1',
    [merchantId],
  );
  // Until the shop is moved, the row has the name under which it was connected: its redaction finds the row
  // by that name.
  expect(rows).toEqual([{ shop: domain }]);

  // The number in a header is not signed: it does not lead from the shop in the body to another one.
  const other = await openShop();
  const foreign = { ...headers, 'x-shopify-shop-id': String(other.named.shop_id) };
  const unnumbered = { ...body, shop_id: undefined };
  expect((await send(foreign, unnumbered)).status).toBe(200);
  expect(await rowsOf(other.merchantId)).toEqual([]);
});
