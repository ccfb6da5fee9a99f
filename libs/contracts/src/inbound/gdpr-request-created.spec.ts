// tag: compliance
import { assertNamesPerson, readGdprRequestCreated } from './gdpr-request-created.ts';

const merchantId = '00000000-0000-4000-8000-00000000000a';
const customerId = '10000000-0000-4000-8000-00000000000b';
const gid = 'gid://shopify/Customer/7100123';
const read = (body: object | string) =>
  readGdprRequestCreated(
    Buffer.from(typeof body === 'string' ? body : JSON.stringify({ merchant_id: merchantId, ...body })),
  );

/** Returns the names of the person, or the reason why the request does not identify one. */
const personOf = (body: object | string) => {
  const request = read(body);
  try {
    assertNamesPerson(request);
  } catch (error) {
    return (error as Error).message;
  }
  const { customerId: ours, externalId, email } = request.given;
  return [ours, externalId, email].map(([first]) => first?.name ?? '');
};

it.each<[string, object | string, [string, string, string]]>([
  ['our own id', { customer_id: customerId }, [customerId, '', '']],
  [
    'our own id in capitals, with spaces',
    { customer_id: ` ${customerId.toUpperCase()}\t` },
    [customerId, '', ''],
  ],
  ['a gid', { external_id: gid }, ['', gid, '']],
  ['a number', { external_id: 7_100_123 }, ['', '7100123', '']],
  ['a number as a string, with spaces', { external_id: ' 7100123 ' }, ['', '7100123', '']],
  [
    'a number beyond 2^53',
    `{"merchant_id":"${merchantId}","external_id":9007199254740993}`,
    ['', '9007199254740993', ''],
  ],
  ['a number in another spelling', `{"external_id":7.100123e6}`, ['', '7100123', '']],
  ['an email', { email: ' Grace@example.com ' }, ['', '', 'Grace@example.com']],
  ['a gid for customer_id', { customer_id: gid }, ['', gid, '']],
  [
    'an email beside null for the other names',
    { customer_id: null, external_id: null, email: 'a@example.com' },
    ['', '', 'a@example.com'],
  ],
  [
    'a number beside zeros for our own id',
    { customer_id: '00000000-0000-0000-0000-000000000000', external_id: 7 },
    ['', '7', ''],
  ],
  [
    "Shopify's body",
    {
      shop_domain: 'x.myshopify.com',
      customer: { id: 7, email: 'a@example.com', phone: '1' },
      orders_to_redact: [],
    },
    ['', '7', 'a@example.com'],
  ],
  [
    "Shopify's body of a guest",
    { customer: { id: null, email: 'a@example.com' } },
    ['', '', 'a@example.com'],
  ],
  ...[0, '0', ' 0 ', -0, 0.0].map((id): [string, object, [string, string, string]] => [
    `the email of a guest, whose id is ${JSON.stringify(id)}`,
    { customer: { id, admin_graphql_api_id: id, email: 'a@example.com' } },
    ['', '', 'a@example.com'],
  ]),
  ...[0, -0, '0', '00', '-0', '0.0', 'gid://shopify/Customer/0'].flatMap((id) =>
    [
      { external_id: id, email: 'a@example.com' },
      { customer_id: id, email: 'a@example.com' },
      { customer: { id, admin_graphql_api_id: id, email: 'a@example.com' } },
    ].map((body): [string, object, [string, string, string]] => [
      `the email of a guest: ${JSON.stringify(body)}`,
      body,
      ['', '', 'a@example.com'],
    ]),
  ),
  ['a gid in capitals for customer_id', { customer_id: gid.toUpperCase() }, ['', gid.toUpperCase(), '']],
  ['a fraction of another system, as a string', { external_id: '7.5' }, ['', '7.5', '']],
  ['a fraction beside a readable id', { external_id: 7.5, customer: { id: 7 } }, ['', '7', '']],
  ['the gid of a nested customer', { customer: { id: 7, admin_graphql_api_id: gid } }, ['', gid, '']],
  ['our own id of a nested customer', { customer: { id: customerId } }, [customerId, '', '']],
  ['an unreadable id beside a readable one', { customer_id: '42', external_id: 7 }, ['', '7', '']],
  ['an unreadable email beside an id', { customer_id: customerId, email: {} }, [customerId, '', '']],
])('identifies the person by %s', (_, body, names) => expect(personOf(body)).toEqual(names));

it('returns all names of a kind, the most reliable first', () => {
  const other = '10000000-0000-4000-8000-00000000000c';
  const nested = { id: 7, admin_graphql_api_id: gid, email: 'b@example.com' };
  expect(
    read({ customer_id: gid, external_id: '8', email: 'a@example.com', customer: nested }).given,
  ).toEqual({
    customerId: [],
    externalId: [
      { field: 'external_id', name: '8' },
      { field: 'customer_id', name: gid },
      { field: 'customer.admin_graphql_api_id', name: gid },
      { field: 'customer.id', name: '7' },
    ],
    email: [
      { field: 'email', name: 'a@example.com' },
      { field: 'customer.email', name: 'b@example.com' },
    ],
  });
  expect(read({ customer_id: customerId, customer: { id: other } }).given.customerId).toEqual([
    { field: 'customer_id', name: customerId },
    { field: 'customer.id', name: other },
  ]);
  // The same holds for one field that is given twice.
  const twice = read(`{"external_id":7,"externalId":"8","email":"a@example.com","email":null}`).given;
  expect(twice).toEqual({
    customerId: [],
    externalId: [
      { field: 'external_id', name: '7' },
      { field: 'external_id', name: '8' },
    ],
    email: [{ field: 'email', name: 'a@example.com' }],
  });
  expect(read({ email: 'a@example.com', customer: { email: {} } }).faults).toEqual({});
});

it.each<[string, object, string]>([
  ['a body without a name', {}, 'customer_id: is required unless external_id or email names the person'],
  ['0', { external_id: 0 }, 'customer_id: is required unless external_id or email names the person'],
  ['a space', { email: ' ' }, 'customer_id: is required unless external_id or email names the person'],
  ['a text that is not a UUID', { customer_id: '42' }, 'customer_id: must be a UUID'],
  ['a list', { external_id: ['7'] }, 'external_id: must be a string or a number'],
  // The email may belong to another person than the id.
  [
    'an unreadable id beside an email',
    { external_id: {}, email: 'a@example.com' },
    'external_id: must be a string or a number',
  ],
  ...[8100020.5, -8100022, -1e50, 1e-7].map((id): [string, object, string] => [
    `the number ${id} beside an email`,
    { external_id: id, email: 'a@example.com' },
    'external_id: must be a string or a whole number that is not negative',
  ]),
  [
    'a negative number of a nested customer',
    { customer: { id: -7, email: 'a@example.com' } },
    'customer.id: must be a string or a whole number that is not negative',
  ],
  ['a long email', { email: `${'x'.repeat(400)}@example.com` }, 'email: must have at most 320 characters'],
  ['an email with a NUL', { email: 'a\0@example.com' }, 'email: must consist of visible characters'],
])('does not identify the person by %s', (_, body, message) => expect(personOf(body)).toBe(message));

it.each([
  [
    'redact',
    [
      undefined,
      null,
      '',
      ' ',
      'redact',
      'REDACT',
      'Redact ',
      'customers/redact',
      'CUSTOMERS_REDACT',
      'customerRedact',
    ],
  ],
  ['redact', ['PRIVACY_REQUEST_KIND_REDACT', 'GDPR_REQUEST_KIND_REDACT', 'kind:redact']],
  ['data_request', ['data_request', 'customers/data_request', 'dataRequest', 'DATA-REQUEST', 'Data request']],
  ['data_request', ['PRIVACY_REQUEST_KIND_DATA_REQUEST']],
  ['shop_redact', ['shop_redact', 'shop/redact', 'shopRedact', 'PRIVACY_REQUEST_KIND_SHOP_REDACT']],
  [
    '',
    [
      'forget',
      'redacted',
      'redact!',
      'un redact',
      'shops',
      7,
      true,
      {},
      ['redact'],
      'x'.repeat(65),
      're\0dact',
    ],
  ],
])('reads as %s: %j', (kind, words) => {
  for (const word of words) {
    const request = read({ kind: word });
    expect([word, request.kind, request.faults.kind?.message]).toEqual([
      word,
      kind,
      kind ? undefined : 'kind: must be one of redact, data_request, shop_redact',
    ]);
  }
});

it('never treats a body that requests data as an erasure', () => {
  expect(read({ customer: { id: 7 }, data_request: { id: 9 } }).kind).toBe('data_request');
  expect(read({ customer: { id: 7 }, orders_requested: [] }).kind).toBe('data_request');
  expect(read({ kind: 'redact', customer: { id: 7 }, orders_requested: [] }).kind).toBe('redact');
});

it.each([
  ['r-1', 'r-1'],
  [' r-1 ', 'r-1'],
  [17, '17'],
  [null, ''],
  ['', ''],
  [{}, ''],
  [true, ''],
  ['x'.repeat(255), 'x'.repeat(255)],
  ['x'.repeat(256), expect.stringMatching(/^sha256:[0-9a-f]{64}$/)],
  ['a\0b', expect.stringMatching(/^sha256:[0-9a-f]{64}$/)],
  // These have no visible characters, so several requests may have them.
  ['\u200b', ''],
  ['\0', ''],
  [' \u2800\ufeff\n', ''],
])('identifies the request %j by %s', (given, id) => {
  expect(read({ request_id: given }).requestId).toEqual(id);
  expect(read({ event_id: given }).eventId).toEqual(id);
});

it.each([
  ['the merchant', { merchant_id: 'x' }, { merchantId: '', shop: '' }],
  [
    'a shop without a merchant',
    { merchant_id: null, shop_domain: ' Example.myshopify.com' },
    { merchantId: '', shop: 'example.myshopify.com' },
  ],
  ['no shop on another host', { shop_domain: 'example.com' }, { merchantId, shop: '' }],
])('reads %s', (_, body, found) => expect(read(body)).toMatchObject(found));

it('returns each named shop, and an empty name for one that is not a Shopify shop', () => {
  expect(read({ shop_domain: 'A.myshopify.com', shop: 'example.com' })).toMatchObject({
    shop: 'a.myshopify.com',
    shops: ['a.myshopify.com', ''],
  });
  for (const shop of [[], {}, ' ', null]) expect(read({ shop_domain: shop }).shops).toEqual([]);
  for (const shop of [['a.myshopify.com'], 7]) expect(read({ shop_domain: shop }).shops).toEqual(['']);
});

it.each<[string, string]>([
  ['merchant_id', `"merchant_id":"${merchantId}","merchant_id":"${customerId}"`],
  ['merchant_id', `"merchantId":"${merchantId}","merchant_id":"${customerId}"`],
  ['shop_domain', '"shop_domain":"a.myshopify.com","shopDomain":"b.myshopify.com"'],
  ['shop', '"shop":"a.myshopify.com","shop":"b.myshopify.com"'],
  ['kind', '"kind":"redact","kind":"shop_redact"'],
  ['kind', '"kind":"redact","kind":"forget"'],
  ['request_id', '"request_id":"a","requestId":"b"'],
  ['event_id', '"event_id":"a","event_id":"b"'],
])('does not choose between two values of %s', (field, members) => {
  const request = read(`{"unknown":1,"unknown":2,${members}}`);
  expect(request.faults.body).toMatchObject({ message: `${field}: must be given once` });
  // Neither value is used to record the request.
  expect(request).toMatchObject({ merchantId: '', shop: '', requestId: '', eventId: '' });
  expect(request.kind).toBe(field === 'kind' ? '' : 'redact');
});

it.each<[string, string]>([
  ['capitals', `"merchant_id":"${merchantId}","merchantId":"${merchantId.toUpperCase()}"`],
  ['an empty text', `"merchant_id":"","merchantId":"${merchantId}"`],
  ['a space', `"merchant_id":"${merchantId}","merchantId":" "`],
  ['zeros', `"merchant_id":"${merchantId}","merchantId":"00000000-0000-0000-0000-000000000000"`],
  ['null', `"merchant_id":"${merchantId}","merchant_id":null`],
  ['null first', `"merchant_id":null,"merchant_id":"${merchantId}"`],
])('treats two spellings of one value as one: %s', (_, members) => {
  const rest =
    '"kind":"redact","kind":"customers/redact","kind":"","request_id":7,"requestId":"7","request_id":" "';
  expect(read(`{${members},${rest}}`)).toMatchObject({
    merchantId,
    requestId: '7',
    kind: 'redact',
    faults: {},
  });
});

it('accepts several values of an unused field', () => {
  const unused = '"phone":1,"phone":2,"data_request":{"id":1},"data_request":{"id":2}';
  const customer = '"customer":{"id":7,"phone":"1"},"customer":{"id":7,"phone":"2"}';
  const body = `{${unused},${customer},"request_id":"r","event_id":"a","event_id":"b"}`;
  expect(read(body)).toMatchObject({ kind: 'data_request', requestId: 'r', eventId: '', faults: {} });
});

it('reads the used fields next to deeply nested ones', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const body = `{"x":${deep},"merchant_id":"${merchantId}","customer":{"y":{"z":${deep}},"id":7}}`;
  expect(read(body)).toMatchObject({ merchantId, faults: {} });
  expect(personOf(body)).toEqual(['', '7', '']);
  expect(personOf(`{"email":${deep}}`)).toBe('email: must be a string or a number');
});

it.each<[string, object]>([
  ['customer_id', { customer_id: customerId }],
  ['external_id', { external_id: 7 }],
  ['email', { email: 'a@example.com' }],
  ['customer', { customer: { id: 7 } }],
  ['an external_id that cannot be read', { external_id: {} }],
  ['the external_id of a guest', { external_id: 0 }],
  ['a phone number', { customer: { phone: '555-0100' } }],
  ['customer in another spelling', { Customer: { id: 7 } }],
  ['customer-email', { 'customer-email': 'a@example.com' }],
  ['a customer that is a string', { customer: 'Ada' }],
  ['a list of customers', { customers: [{ id: 7 }] }],
  ['orders', { orders_to_redact: [7] }],
  ['brackets', { customer: [[[[[[[[[[]]]]]]]]]] }],
])('refuses a shop_redact that names a person by %s', (_, person) => {
  expect(read({ kind: 'shop_redact', ...person })).toMatchObject({
    kind: '',
    faults: { kind: { message: 'kind: shop_redact must not name a person' } },
  });
  for (const customer of [null, {}, [], { id: null, phone: ' ', addresses: [] }]) {
    expect(read({ kind: 'shop_redact', customer, email: '' }).kind).toBe('shop_redact');
  }
});

it.each(['', '{"email":', '[]', '{"email": {"deep": "ada@example.com"}}'])('never throws: %s', (body) => {
  const request = read(body);
  expect(personOf(body)).not.toContain('ada@');
  expect(request).toMatchObject({ eventId: '', merchantId: '', given: { customerId: [] } });
  expect(request.faults.body === undefined).toBe(body.startsWith('{"email": '));
});
