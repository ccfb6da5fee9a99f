import { parsePayload, readCustomer, readCustomerId, readMerge, readPerson } from './payloads.ts';

const update = {
  id: 7,
  admin_graphql_api_id: 'gid://shopify/Customer/7',
  email: 'ada@example.com',
  state: 'enabled',
  created_at: '2026-01-01T00:00:00-05:00',
  updated_at: '2026-02-01T00:00:00-05:00',
};

it('reads a customer in the words of the importer, at the shop’s offset', () =>
  expect(readCustomer({ ...update, first_name: 'Ada', addresses: [] })).toEqual({
    externalId: 'gid://shopify/Customer/7',
    email: 'ada@example.com',
    metadata: { state: 'ENABLED', created_at: '2026-01-01T05:00:00Z' },
    sourceUpdatedAt: new Date('2026-02-01T05:00:00Z'),
  }));

it('leaves out what is absent, and empties what is null', () => {
  const { id, updated_at } = update;
  expect(readCustomer({ id, updated_at })).toMatchObject({ email: undefined, metadata: {} });
  const { email, metadata } = readCustomer({ id, updated_at, email: null, state: null, created_at: null });
  expect({ email, metadata }).toEqual({ email: null, metadata: { state: null, created_at: null } });
});

it.each([7, '7', ' 7', 'gid://shopify/Customer/7?key=x', 'GID://shopify/Customer/7/'])(
  'knows a customer by %j, in each field that names one',
  (id) => {
    const gid = 'gid://shopify/Customer/7';
    expect(readCustomerId({ id })).toBe(gid);
    expect(readCustomerId({ admin_graphql_api_id: id, id: 8 })).toBe(gid);
    expect(readPerson({ customer: { id } }).externalId).toBe(gid);
    const merge = { admin_graphql_api_customer_kept_id: id, admin_graphql_api_customer_deleted_id: 8 };
    expect(readMerge(merge).keptExternalId).toBe(gid);
  },
);

it.each([
  ['no_updated_at', () => readCustomer({ id: 7 })],
  ['no_updated_at', () => readCustomer({ ...update, updated_at: 'yesterday' })],
  ['no_customer_id', () => readCustomer({ ...update, admin_graphql_api_id: 'x', id: '7x' })],
  ['no_customer_id', () => readCustomer({ ...update, admin_graphql_api_id: 'x', id: '7.5' })],
  ['no_customer_id', () => readCustomerId({ admin_graphql_api_id: 'gid://shopify/Order/7' })],
  ['no_customer_id', () => readMerge({ admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/7' })],
  ['no_customer_id', () => readPerson({ customer: {} })],
  ['no_customer_id', () => readPerson({})],
  ['no_customer_id', () => readPerson({ customer: null })],
  ['no_customer_id', () => readPerson({ customer: { id: null, email: null, phone: '555-0100' } })],
  ['no_customer_id', () => readPerson({ customer: { id: 0, email: ' ' } })],
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
  ['invalid_body', () => parsePayload(Buffer.from('{"email":"ada@example.com"'))],
  ['invalid_body', () => parsePayload(Buffer.from('[]'))],
  ['not_utf8', () => parsePayload(Buffer.from('{"id":7}', 'utf16le'))],
  ['not_utf8', () => parsePayload(Buffer.from('\uFEFF{"id":7}', 'utf16le'))],
  [
    'no_customer_id',
    () => readPerson(parsePayload(Buffer.from('{"customer":{"email":"jörg@example.com"}}', 'latin1'))),
  ],
  ...[
    '"customer":{"id":7,"id":8}',
    '"customer":{"id":7},"customer":{"id":8}',
    '"customer":{"email":"ada@example.com","email":"bob@example.com"}',
    '"shop_domain":"a.myshopify.com","shop_domain":"b.myshopify.com"',
    '"shop_id":7,"shop_id":8',
  ].map((fields): [string, () => unknown] => [
    'repeated_field',
    () => parsePayload(Buffer.from(`\uFEFF{${fields}}`)),
  ]),
])('refuses by the code %s, quoting nothing', (code, read) => {
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

it.each([undefined, null, '', ' ', 0, '0'])('reads the email of a guest, whose id is %j', (id) =>
  expect(readPerson({ customer: { id, admin_graphql_api_id: id, email: 'ada@example.com' } })).toMatchObject({
    externalId: undefined,
    email: 'ada@example.com',
  }),
);

it('reads ids as numbers, as text and as the names that GraphQL has', () => {
  for (const id of [7, '7', ' 7 ', 'gid://shopify/Customer/7']) {
    const externalId = 'gid://shopify/Customer/7';
    expect(readPerson({ customer: { id } })).toMatchObject({ externalId });
    expect(readCustomerId({ id })).toBe(externalId);
  }
});

it('reads a body behind a byte order mark', () =>
  expect(parsePayload(Buffer.from('\uFEFF{"id":7}'))).toEqual({ id: 7 }));
