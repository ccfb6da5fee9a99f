import type { IncomingMessage } from 'node:http';
import { isPrivacyTopic, WEBHOOK_TOPICS } from '@core/domain';
import { identify, topicOf } from './identify.ts';

const SHOP = 'a.myshopify.com';
const SIGNATURE = Buffer.alloc(32, 7).toString('base64');
const named = { shop_id: 954889, shop_domain: SHOP };
const REDACT = { ...named, customer: { id: 191167, email: 'john@example.com' }, orders_to_redact: [1] };

type Headers = Record<string, string | string[] | undefined>;
const FULL: Headers = {
  'x-shopify-topic': 'customers/redact',
  'x-shopify-shop-domain': SHOP,
  'x-shopify-event-id': 'event-1',
  'x-shopify-webhook-id': 'webhook-1',
};

const request = (headers: Headers, url = '/webhooks/shopify'): IncomingMessage => {
  const headersDistinct = Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value].flat()]])),
  );
  return { url, headersDistinct } as unknown as IncomingMessage;
};
const identifyRequest = (headers: Headers, body: unknown = REDACT, url?: string) =>
  identify(
    request(headers, url),
    Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    SIGNATURE,
  );
const NO_JSON = /^the body must be a JSON object, in UTF-8$/;
const WHOLE = {
  topic: 'customers/redact',
  shop: SHOP,
  shopId: '954889',
  shopIdFinds: true,
  eventId: 'event-1',
  requestNumber: undefined,
};

it('identifies a webhook by its headers', () => expect(identifyRequest(FULL)).toEqual(WHOLE));

it('identifies a webhook by the headers of the newer naming', () => {
  const newer = Object.entries(FULL).map(([name, value]) => [name.replace('x-', ''), value]);
  expect(identifyRequest(Object.fromEntries(newer) as Headers)).toEqual(WHOLE);
  // Shopify's events have both names: the older one contains the topic.
  expect(identifyRequest({ ...FULL, 'shopify-topic': 'Customer', 'shopify-event-id': 'event-2' })).toEqual(
    WHOLE,
  );
});

it.each<[string, Headers, Partial<typeof WHOLE>]>([
  ['no event id', { 'x-shopify-event-id': undefined }, { eventId: 'webhook-1' }],
  ['an empty event id', { 'x-shopify-event-id': ' ' }, { eventId: 'webhook-1' }],
  ['an id with an invisible character', { 'x-shopify-event-id': 'a\u0085' }, { eventId: 'webhook-1' }],
  ['an id that is too long', { 'x-shopify-event-id': 'x'.repeat(201) }, { eventId: 'webhook-1' }],
  [
    'no id at all',
    { 'x-shopify-event-id': undefined, 'x-shopify-webhook-id': undefined },
    { eventId: expect.stringMatching(/^signature-[0-9a-f]{64}$/) as string },
  ],
  ['no shop', { 'x-shopify-shop-domain': undefined }, {}],
  ['a shop in capitals', { 'x-shopify-shop-domain': 'A.MyShopify.com' }, {}],
  ['the same header twice', { 'x-shopify-topic': ['customers/redact', 'customers/redact'] }, {}],
  ['no topic', { 'x-shopify-topic': undefined }, {}],
  ['a topic in capitals', { 'x-shopify-topic': 'Customers/Redact' }, {}],
  ['a topic as Shopify’s schema has it', { 'x-shopify-topic': 'CUSTOMERS_REDACT' }, {}],
  ['the number of the shop', { 'x-shopify-shop-id': '954889' }, {}],
])('accepts a webhook with %s', (_what, headers, differs) =>
  expect(identifyRequest({ ...FULL, ...headers })).toEqual({ ...WHOLE, ...differs }),
);

it('accepts a body with a byte order mark, and numbers as text', () => {
  expect(identifyRequest(FULL, `\uFEFF${JSON.stringify(REDACT)}`)).toEqual(WHOLE);
  expect(identifyRequest(FULL, { ...REDACT, shop_id: '954889' })).toEqual(WHOLE);
  const dataRequest = { ...named, customer: null, data_request: { id: '9999' } };
  const topic = { 'x-shopify-topic': 'customers/data_request' };
  expect(identifyRequest({ ...FULL, ...topic }, dataRequest)).toMatchObject({ requestNumber: '9999' });
});

it('ignores two different numbers of a request; equal ones count once', () => {
  const topic = { ...FULL, 'x-shopify-topic': 'customers/data_request' };
  const identifyDataRequest = (request: string) =>
    identifyRequest(topic, `{"shop_domain":"${SHOP}","shop_domain":"${SHOP}",${request}}`);
  expect(identifyDataRequest('"data_request":{"id":1,"id":2}')).toMatchObject({
    shop: SHOP,
    requestNumber: undefined,
  });
  expect(identifyDataRequest('"data_request":{"id":1},"data_request":{"id":2}')).toMatchObject({
    requestNumber: undefined,
  });
  expect(identifyDataRequest('"data_request":{"id":1,"id":1}')).toMatchObject({ requestNumber: '1' });
});

it.each<[string, object, Partial<typeof WHOLE>]>([
  ['its domain', { shop_id: 'abc' }, { shopId: undefined as never, shopIdFinds: false }],
  ['its domain', { shop_id: { is: 7 } }, { shopId: undefined as never, shopIdFinds: false }],
  ['its number', { shop_domain: 'a\u0000b' }, {}],
  ['its number', { shop_domain: [SHOP] }, {}],
])('identifies the shop by %s when the other value is unreadable: %j', (_what, unreadable, differs) =>
  expect(identifyRequest(FULL, { ...REDACT, ...unreadable })).toEqual({ ...WHOLE, ...differs }),
);

it('reads the topic from the path when the header has none', () => {
  const none = { ...FULL, 'x-shopify-topic': undefined };
  for (const path of ['customers/redact', 'customers_redact']) {
    expect(identifyRequest(none, { ...named, customer: {} }, `/webhooks/shopify/${path}?a=b`)).toEqual(WHOLE);
  }
  expect(topicOf(request(FULL, '/webhooks/shopify/shop/redact'))).toBe('customers/redact');
  expect(topicOf(request({}, '/webhooks/shopify'))).toBeUndefined();
  const unknown = identifyRequest(none, REDACT, '/webhooks/shopify/orders/create');
  expect(unknown).toMatchObject({ status: 404, message: expect.stringMatching(/^the path must be /) });
  expect(identifyRequest(FULL, REDACT, '/webhooks/shopify/orders/create')).toEqual(WHOLE);
});

it('reads the shop of any webhook from its number or from its body', () => {
  const update = { 'x-shopify-topic': 'customers/update', 'x-shopify-event-id': 'e' };
  expect(identifyRequest({ ...update, 'x-shopify-shop-id': '7' }, { id: 1 })).toMatchObject({
    shop: undefined,
    shopId: '7',
    shopIdFinds: true,
  });
  expect(identifyRequest(update, { id: 1, shop_domain: ' A.myshopify.com ' })).toMatchObject({ shop: SHOP });
  // A signed name outranks an unsigned number.
  expect(
    identifyRequest({ ...update, 'x-shopify-shop-id': '7' }, { id: 1, shop_domain: SHOP }),
  ).toMatchObject({
    shop: SHOP,
    shopId: '7',
    shopIdFinds: false,
  });
});

it.each<[string, Headers, unknown]>([
  ['another shop by name', {}, { ...REDACT, shop_domain: 'b.myshopify.com' }],
  ['another shop by number', { 'x-shopify-shop-id': '1' }, REDACT],
  [
    'another shop in any webhook',
    { 'x-shopify-topic': 'customers/update' },
    { id: 1, shop_domain: 'b.myshopify.com' },
  ],
  [
    'another shop by its field myshopify_domain',
    { 'x-shopify-topic': 'customers/update' },
    { id: 1, myshopify_domain: 'b.myshopify.com' },
  ],
])('refuses a body of %s', (_what, headers, body) =>
  expect(identifyRequest({ ...FULL, ...headers }, body)).toMatchObject({ status: 401 }),
);

it.each<[string, Headers, unknown, number, RegExp]>([
  [
    'no shop',
    { 'x-shopify-shop-domain': undefined, 'x-shopify-topic': 'customers/update' },
    { id: 1 },
    400,
    /^X-Shopify-Shop-Domain: is required/,
  ],
  [
    'no topic',
    { 'x-shopify-topic': undefined },
    { ...named, customer: {} },
    400,
    /^X-Shopify-Topic: is required/,
  ],
  [
    'two topics in the two naming schemes',
    { 'x-shopify-topic': 'customers/update', 'shopify-topic': 'customers/redact' },
    REDACT,
    400,
    /^X-Shopify-Topic: must be given once/,
  ],
  [
    'two shops',
    { 'x-shopify-shop-domain': [SHOP, 'b.myshopify.com'] },
    REDACT,
    400,
    /^X-Shopify-Shop-Domain: must be given once/,
  ],
  [
    'two numbers',
    { 'x-shopify-shop-id': ['1', '2'], 'x-shopify-topic': 'customers/update' },
    { id: 1 },
    400,
    /^X-Shopify-Shop-Id: must be given once/,
  ],
  [
    'a long shop',
    { 'x-shopify-shop-domain': 'x'.repeat(300), 'x-shopify-topic': 'customers/update' },
    { id: 1 },
    400,
    /^X-Shopify-Shop-Domain: is too long/,
  ],
  ...[
    `"shop_domain":"${SHOP}","shop_domain":"b.myshopify.com","shop_id":954889`,
    `"shop_domain":"b.myshopify.com","shop_domain":"${SHOP}"`,
    `"shop_id":1,"shop_id":954889`,
    `"topic":"customers/redact","topic":"customers/data_request","shop_id":954889`,
  ].map((fields): [string, Headers, unknown, number, RegExp] => [
    'two values of a field',
    {},
    `{${fields},"customer":{"id":7}}`,
    422,
    /^(shop_domain|shop_id|topic): must be given once/,
  ]),
  ['no body', {}, '', 422, NO_JSON],
  ['a body that is not JSON', {}, '{"shop_domain"', 422, NO_JSON],
  ['a list', {}, [REDACT], 422, NO_JSON],
  ['null', {}, null, 422, NO_JSON],
  [
    'a body that names no shop',
    {},
    { ...REDACT, shop_domain: undefined, shop_id: undefined },
    422,
    /does not match the topic/,
  ],
  [
    'a shop with an invalid domain and no number',
    {},
    { ...REDACT, shop_domain: 'a\u0000b', shop_id: null },
    422,
    /does not match the topic/,
  ],
  [
    'a shop with an invalid domain and number',
    {},
    { ...REDACT, shop_domain: [SHOP], shop_id: 'seven' },
    422,
    /does not match the topic/,
  ],
  [
    'a shop with an invalid number, in any webhook',
    { 'x-shopify-topic': 'customers/update' },
    { id: 1, shop_id: 'x' },
    422,
    /does not match the topic customers\/update/,
  ],
  [
    'a shop with an invalid number and no domain',
    {},
    { ...REDACT, shop_id: 'seven', shop_domain: '' },
    422,
    /does not match the topic/,
  ],
  [
    'two signatures',
    { 'x-shopify-hmac-sha256': [SIGNATURE, SIGNATURE.toLowerCase()] },
    REDACT,
    400,
    /^X-Shopify-Hmac-Sha256: must be given once/,
  ],
])('reports what is missing or invalid: %s', (_what, headers, body, status, message) =>
  expect(identifyRequest({ ...FULL, ...headers }, body)).toEqual({
    status,
    message: expect.stringMatching(message) as string,
  }),
);

it.each(['products/update', 'junk/topic', 'orders/create'])(
  'ignores the topic %s, regardless of other fields',
  (topic) => {
    const order = { id: 1, customer: { id: 7, email: 'john@example.com' } };
    for (const body of [{}, order, [REDACT], 'no JSON', { ...named, name: 'x' }]) {
      expect(identifyRequest({ 'x-shopify-topic': topic }, body, '/webhooks/shopify/customers/redact')).toBe(
        'ignored',
      );
    }
  },
);

it.each([
  ...['customersRedact', 'CustomersRedact', 'CUSTOMERS_REDACT', 'customersredact', 'Customers Redact'],
  ...['customers-redact', 'customers.redact', 'customers:redact', 'customers redact', 'customers\\redact'],
  ...[
    'customers/redact/',
    '/customers/redact',
    'customers//redact',
    'customers%2Fredact',
    'customers%2fredact',
  ],
])('recognizes the topic %s', (topic) =>
  expect(identifyRequest({ ...FULL, 'x-shopify-topic': topic })).toEqual(WHOLE),
);

describe.each(['customer/redact', 'junk/topic', 'products/update', 'customers/redacted', 'x'.repeat(500)])(
  'the topic %s',
  (topic) => {
    const read = (body: unknown, url?: string) =>
      identifyRequest({ ...FULL, 'x-shopify-topic': topic }, body, url);
    const dataRequest = { ...named, customer: null, data_request: { id: 9999 } };

    it('does not hide a privacy request that its body identifies', () => {
      expect(read(REDACT)).toEqual(WHOLE);
      expect(read(dataRequest)).toMatchObject({ topic: 'customers/data_request', requestNumber: '9999' });
      expect(read(named)).toMatchObject({ topic: 'shop/redact' });
      const withTopic = { ...named, customer: { id: 7 }, topic: 'customers/redact' };
      expect(read(withTopic)).toEqual(WHOLE);
      const either = { ...named, customer: { id: 7 } };
      expect(read(either, '/webhooks/shopify/customers/redact')).toEqual(WHOLE);
    });

    it.each<[string, unknown]>([
      ['which of two topics it is', { ...named, customer: { id: 7 } }],
      ['its topic unambiguously', { ...REDACT, data_request: { id: 1 } }],
      ['more than a shop domain', { shop_domain: SHOP }],
      ['its shop', { customer: { id: 7 }, orders_to_redact: [] }],
    ])('is refused with a privacy request that does not state %s', (_what, body) =>
      expect(read(body)).toMatchObject({ status: 422 }),
    );
  },
);

describe('app/uninstalled', () => {
  const body = { id: 954889, name: 'A', domain: 'a.example.com', myshopify_domain: SHOP };
  const head = { ...FULL, 'x-shopify-topic': 'app/uninstalled' };
  const read = (given: unknown, headers: Headers = {}) => identifyRequest({ ...head, ...headers }, given);

  it('is about the shop that its body is', () =>
    expect(read(body)).toMatchObject({ topic: 'app/uninstalled', shop: SHOP, shopId: '954889' }));

  it.each<[string, unknown, number]>([
    ['without a number', { ...body, id: null }, 422],
    ['with an invalid number', { ...body, id: 1.5 }, 422],
    ['without a name', { ...body, myshopify_domain: null }, 422],
    ['of another shop', { ...body, myshopify_domain: 'b.myshopify.com' }, 401],
    ['with two numbers', `{"id":1,"id":2,"myshopify_domain":"${SHOP}"}`, 422],
    ['of a customer', { id: 7, email: 'john@example.com' }, 422],
    ['that is not JSON', '{', 422],
  ])('is refused with a body %s', (_, given, status) => expect(read(given)).toMatchObject({ status }));

  it('has the time at which Shopify triggered it, unless that time is not credible', () => {
    const at = (time: string) => read(body, { 'x-shopify-triggered-at': time });
    expect(at('2026-03-01T00:00:00.123456789Z')).toMatchObject({
      triggeredAt: new Date('2026-03-01T00:00:00.123Z'),
    });
    for (const time of ['', 'yesterday', '2026-02-30T00:00:00Z', '9999-01-01T00:00:00Z']) {
      expect(at(time)).toMatchObject({ topic: 'app/uninstalled', triggeredAt: undefined });
    }
  });

  it('without an id differs from an earlier uninstall of the shop', () => {
    const none = { 'x-shopify-event-id': undefined, 'x-shopify-webhook-id': undefined };
    const idAt = (time: string) => {
      const webhook = read(body, { ...none, 'x-shopify-triggered-at': time });
      return typeof webhook === 'object' && 'eventId' in webhook ? webhook.eventId : undefined;
    };
    const [first, second] = ['2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z'];
    expect(idAt(first)).toEqual(expect.any(String));
    expect(idAt(first)).toBe(idAt(first));
    expect(idAt(first)).not.toBe(idAt(second));
  });
});

const OTHER_TOPICS = WEBHOOK_TOPICS.filter((topic) => !isPrivacyTopic(topic) && topic !== 'app/uninstalled');
describe.each(OTHER_TOPICS)('%s', (topic) => {
  const body = { id: 7, email: 'john@example.com' };
  const read = (given: unknown, shop = SHOP) =>
    identifyRequest({ ...FULL, 'x-shopify-topic': topic, 'x-shopify-shop-domain': shop }, given);

  it.each<[string, unknown]>([
    ['names no shop', body],
    ['has null as its shop', { ...body, shop_id: null, shop_domain: null }],
    ['is a list', [body]],
    ['is not JSON', '{"shop_domain":"b.myshopify.com"'],
  ])('is accepted for the shop of its header when its body %s', (_what, given) =>
    expect(read(given)).toMatchObject({ topic, shop: SHOP, shopId: undefined }),
  );

  it('is accepted for the shop that its body names', () => {
    expect(read({ ...body, ...named }, 'A.myshopify.com')).toMatchObject({ shop: SHOP, shopId: '954889' });
    for (const shopId of [954889, '954889'])
      expect(read({ ...body, shop_id: shopId })).toMatchObject({ shop: SHOP, shopId: '954889' });
    expect(read({ ...body, shop_domain: SHOP })).toMatchObject({ shop: SHOP, shopId: undefined });
  });

  it('is refused for another shop', () =>
    expect(read({ ...body, shop_domain: SHOP }, 'b.myshopify.com')).toMatchObject({ status: 401 }));

  it.each([{ shop_domain: [SHOP] }, { shop_domain: 7 }, { shop_id: 1.5 }, { shop_id: {} }])(
    'is refused when its body has an invalid shop: %j',
    (wrong) => expect(read({ ...body, ...wrong })).toMatchObject({ status: 422 }),
  );
});
