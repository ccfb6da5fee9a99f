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

it('leaves out what is absent', () =>
  expect(readCustomer({ id: 7, updated_at: update.updated_at })).toMatchObject({
    email: null,
    metadata: {},
  }));

it.each([
  ['no_updated_at', () => readCustomer({ id: 7 })],
  ['no_updated_at', () => readCustomer({ ...update, updated_at: 'yesterday' })],
  ['no_customer_id', () => readCustomer({ ...update, admin_graphql_api_id: 'x', id: '7' })],
  ['no_customer_id', () => readCustomerId({ admin_graphql_api_id: 'gid://shopify/Order/7' })],
  ['no_customer_id', () => readMerge({ admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/7' })],
  ['no_customer_id', () => readPerson({ customer: {} })],
  ['no_customer_id', () => readPerson({})],
  ['invalid_body', () => parsePayload(Buffer.from('{"email":"ada@example.com"'))],
  ['invalid_body', () => parsePayload(Buffer.from('[]'))],
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
  expect(readPerson({ customer: { email: 'ada@example.com' }, data_request: { id: 9999 } })).toEqual({
    externalId: undefined,
    email: 'ada@example.com',
    requestNumber: '9999',
  });
});
