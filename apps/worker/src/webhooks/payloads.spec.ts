import { readTime } from '@core/contracts';
import { WEBHOOK_METADATA, type WebhookTopic } from '@core/domain';
import {
  parsePayload,
  readCustomer as readCustomerOf,
  readExternalId,
  readMerge,
  readPerson,
  type Payload,
  type UnreadableWebhook,
} from './payloads.ts';

const readCustomer = (payload: Payload) => readCustomerOf(payload, { emailsWithheld: false });

const parse = (body: string, encoding: BufferEncoding = 'utf8', topic: WebhookTopic = 'customers/redact') =>
  parsePayload(Buffer.from(body, encoding), topic);

const update = {
  id: 7,
  admin_graphql_api_id: 'gid://shopify/Customer/7',
  email: 'ada@example.com',
  state: 'enabled',
  created_at: '2026-01-01T00:00:00-05:00',
  updated_at: '2026-02-01T00:00:00-05:00',
};

it('reads a customer in the format of the importer, from times with the shop’s offset', () =>
  expect(readCustomer({ ...update, first_name: 'Ada', addresses: [] })).toEqual({
    externalId: 'gid://shopify/Customer/7',
    email: 'ada@example.com',
    metadata: { state: 'ENABLED', created_at: '2026-01-01T05:00:00Z' },
    sourceUpdatedAt: new Date('2026-02-01T05:00:00Z'),
  }));

// A difference in another field does not count as missed by webhooks.
it('reads the fields that imports expect from webhooks', () =>
  expect(Object.keys(readCustomer(update).metadata).sort()).toEqual([...WEBHOOK_METADATA].sort()));

it('omits absent fields, and clears null fields', () => {
  const { id, updated_at } = update;
  expect(readCustomer({ id, updated_at })).toMatchObject({ email: undefined, metadata: {} });
  const { email, metadata } = readCustomer({ id, updated_at, email: null, state: null, created_at: null });
  expect({ email, metadata }).toEqual({ email: null, metadata: { state: null, created_at: null } });
});

it('takes a null email for absent while emails are withheld, and an email for an email', () => {
  const read = (email: unknown) => readCustomerOf({ ...update, email }, { emailsWithheld: true }).email;
  expect([read(null), read(undefined), read('ada@example.com')]).toEqual([
    undefined,
    undefined,
    'ada@example.com',
  ]);
});

/** JSON values for which String() throws, or returns an email. */
const NO_TEXTS = [
  ...[{ toString: 1 }, [{ toString: 1 }], { valueOf: 1, toString: 2 }, JSON.parse('{"__proto__":null}')],
  ...[{ toJSON: 1, constructor: 2 }, ['ada@example.com'], [['ada@example.com']], {}, [], 7, true],
] as unknown[];

it.each(NO_TEXTS)('treats %j as an invalid email, and reads the other fields', (email) => {
  const { email: stored, ...customer } = readCustomer({ ...update, email });
  expect([stored, customer.externalId]).toEqual(['?', 'gid://shopify/Customer/7']);
  expect(readPerson({ customer: { id: 7, email } })).toMatchObject({
    externalId: 'gid://shopify/Customer/7',
    email: undefined,
  });
});

it.each(['2026-01-01 05:00:00', '2026-01-01T05:00Z', '2026-01-01T05:00:00.1234567Z', '2026-12-31T23:59:60Z'])(
  'reads the time %s as events do',
  (at) => {
    const { sourceUpdatedAt } = readCustomer({ ...update, updated_at: at });
    expect(sourceUpdatedAt).toEqual(new Date(readTime(at)!));
  },
);

/** Date.parse reads each of these as a date, and some as a date that is not meant. */
const NO_TIMES = [
  ...[
    '2026-02-30T00:00:00Z',
    '2026-06-01T24:00:00Z',
    '2021-02-29',
    '5',
    'June 1 2026',
    'Leak 29 Nov 2026 (hi)',
  ],
  ...[
    '+010000-01-01T00:00:00Z',
    '+275760-01-01T00:00:00Z',
    '0000-01-01T00:00:00Z',
    'Sun, 29 Nov 2026 05:00:00 GMT',
  ],
  ...[1_767_312_000_000, ['2026-01-01T00:00:00Z'], { toString: 1 }, true],
];

it.each(NO_TIMES)('does not guess a time from %j', (at) => {
  expect(() => readCustomer({ ...update, updated_at: at })).toThrow('invalid_updated_at');
  expect(readCustomer({ ...update, created_at: at })).toMatchObject({
    metadata: { state: 'ENABLED' },
    leftOut: ['invalid_created_at'],
  });
});

it.each([7, '7', ' 7', 'gid://shopify/Customer/7?key=x', 'GID://shopify/Customer/7/'])(
  'identifies a customer by %j in each id field',
  (id) => {
    const gid = 'gid://shopify/Customer/7';
    expect(readExternalId({ id })).toBe(gid);
    expect(readExternalId({ admin_graphql_api_id: id, id: 8 })).toBe(gid);
    expect(readPerson({ customer: { id } }).externalId).toBe(gid);
    const merge = { admin_graphql_api_customer_kept_id: id, admin_graphql_api_customer_deleted_id: 8 };
    expect(readMerge(merge).keptExternalId).toBe(gid);
  },
);

it.each([
  ['no_updated_at', () => readCustomer({ id: 7 })],
  ['no_updated_at', () => readCustomer({ ...update, updated_at: null })],
  ['invalid_updated_at', () => readCustomer({ ...update, updated_at: 'yesterday' })],
  ['no_customer_id', () => readCustomer({ ...update, admin_graphql_api_id: 'x', id: '7x' })],
  ['no_customer_id', () => readCustomer({ ...update, admin_graphql_api_id: 'x', id: '7.5' })],
  ['no_customer_id', () => readExternalId({ admin_graphql_api_id: 'gid://shopify/Order/7' })],
  ['no_customer_id', () => readMerge({ admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/7' })],
  ['no_customer_id', () => readPerson({ customer: {} })],
  ['no_customer_id', () => readPerson({})],
  ['no_customer_id', () => readPerson({ customer: null })],
  ['no_customer_id', () => readPerson({ customer: { id: null, email: null, phone: '555-0100' } })],
  ['no_customer_id', () => readPerson({ customer: { id: 0, email: ' ' } })],
  ['no_customer_id', () => readPerson({ customer: { id: 'gid://shopify/Customer/0' } })],
  ['no_customer_id', () => readExternalId({ admin_graphql_api_id: 'gid://shopify/Customer/0', id: 0 })],
  ['no_customer_id', () => readMerge({ admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/0' })],
  ...['junk', -1, 1.5, 2 ** 53, {}, false, [7], 'gid://shopify/Order/7', '-7'].map(
    (id): [string, () => unknown] => [
      'invalid_customer_id',
      () => readPerson({ customer: { id, email: 'ada@example.com' } }),
    ],
  ),
  [
    'invalid_customer_id',
    () => readPerson({ customer: { admin_graphql_api_id: 'junk', email: 'ada@example.com' } }),
  ],
  ['invalid_customer_id', () => readPerson({ customer: { id: 2 ** 53, email: ' ' } })],
  ['no_customer_id', () => readPerson({ customer: { id: null, email: 'Ada <ada@example.com>' } })],
  [
    'two_customer_ids',
    () => readPerson({ customer: { id: 7, admin_graphql_api_id: 'gid://shopify/Customer/8' } }),
  ],
  ['invalid_body', () => parse('{"email":"ada@example.com"')],
  ['invalid_body', () => parse('[]')],
  ['not_utf8', () => parse('{"id":7}', 'utf16le')],
  ['not_utf8', () => parse('\uFEFF{"id":7}', 'utf16le')],
  ['no_customer_id', () => readPerson(parse('{"customer":{"email":"jörg@example.com"}}', 'latin1'))],
  ...[
    '"customer":{"id":7,"id":8}',
    '"customer":{"id":7},"customer":{"id":8}',
    '"customer":{"email":"ada@example.com","email":"bob@example.com"}',
  ].map((fields): [string, () => unknown] => ['repeated_field', () => parse(`\uFEFF{${fields}}`)]),
])('refuses with the code %s, without quoting the body', (code, read) => {
  let thrown: unknown;
  try {
    read();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code });
  expect(String(thrown)).not.toContain('example.com');
});

it('reads a person by id, by email, or both', () => {
  expect(readPerson({ customer: { id: 7, email: null } })).toMatchObject({
    externalId: 'gid://shopify/Customer/7',
    email: undefined,
  });
  for (const id of [9999, '9999']) {
    expect(readPerson({ customer: { email: ' ada@example.com ' }, data_request: { id } })).toEqual({
      externalId: undefined,
      email: 'ada@example.com',
      requestNumber: '9999',
    });
  }
});

it.each([
  undefined,
  null,
  '',
  ' ',
  0,
  -0,
  '0',
  '00',
  '0.0',
  'gid://shopify/Customer/0',
  'gid://shopify/customer/00?x',
])('reads the email of a guest, whose id is %j', (id) =>
  expect(readPerson({ customer: { id, admin_graphql_api_id: id, email: 'ada@example.com' } })).toMatchObject({
    externalId: undefined,
    email: 'ada@example.com',
  }),
);

it('reads ids as numbers, as text and as GraphQL ids', () => {
  for (const id of [7, '7', ' 7 ', 'gid://shopify/Customer/7']) {
    const externalId = 'gid://shopify/Customer/7';
    expect(readPerson({ customer: { id } })).toMatchObject({ externalId });
    expect(readExternalId({ id })).toBe(externalId);
  }
});

it('reads a body after a byte order mark', () => expect(parse('\uFEFF{"id":7}')).toEqual({ id: 7 }));

const refuses = (topic: WebhookTopic, fields: string): string => {
  try {
    parse(`{${fields}}`, 'utf8', topic);
    return '';
  } catch (error) {
    return (error as UnreadableWebhook).code;
  }
};
it.each<[WebhookTopic, string]>([
  ['customers/redact', '"note":1,"note":2'],
  ['customers/redact', '"orders_to_redact":[1],"orders_to_redact":[2]'],
  ['customers/redact', '"customer":{"id":7,"phone":"1","phone":"2"}'],
  ['customers/redact', '"customer":{"id":7,"phone":"1"},"customer":{"id":7,"phone":"2"}'],
  ['customers/redact', '"x":{"a":1,"a":2}'],
  ['customers/redact', '"customer":{"id":7},"customer":null'],
  ['customers/redact', '"customer":{"id":7,"id":"7","Id":8}'],
  ['customers/redact', '"customer":{"id":7,"id":"gid://shopify/Customer/7","id":" "}'],
  ['customers/redact', '"customer":{"email":"a@example.com","email":" A@EXAMPLE.com","email":null}'],
  ['customers/redact', `"customer":{"id":7},"x":${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ['customers/data_request', '"data_request":{"id":9},"data_request":{"id":"9","note":1}'],
  ['customers/update', '"id":7,"note":1,"note":2'],
  ['customers/delete', '"id":7,"updated_at":1,"updated_at":2'],
  ['shop/redact', '"customer":1,"customer":2'],
])('accepts %s with a repeated field that is unused or has the same value: %s', (topic, fields) =>
  expect(refuses(topic, fields)).toBe(''),
);

it.each<[WebhookTopic, string]>([
  ['customers/data_request', '"data_request":{"id":9},"data_request":{"id":8}'],
  ['customers/update', '"email":"a@example.com","email":"b@example.com"'],
  ['customers/update', '"updated_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-02T00:00:00Z"'],
  ['customers/delete', '"id":7,"id":8'],
  ['customers/merge', '"status":"failed","status":"completed"'],
])('refuses %s with two values of a used field: %s', (topic, fields) =>
  expect(refuses(topic, fields)).toBe('repeated_field'),
);

it('uses the value of a repeated field that is not empty', () =>
  expect(parse('{"customer":{"id":7,"id":null},"customer":null,"shopDomain":""}')).toEqual({
    customer: { id: 7 },
    shop_domain: '',
  }));
