import { IMPORT_SCOPES, missingScopes, parseScopes, SEGMENT_SCOPES } from './scopes.ts';

it.each([
  [['read_customers', 'read_customer_merge'], []],
  [['write_customers', 'read_customer_merge'], []],
  [['write_customers', 'write_customer_merge'], []],
  [['read_customers'], ['read_customer_merge']],
  [
    ['read_customers_data', 'unauthenticated_read_customers'],
    ['read_customers', 'read_customer_merge'],
  ],
  [[], ['read_customers', 'read_customer_merge']],
])('an import with the scopes %j lacks %j', (granted, missing) =>
  expect(missingScopes(granted, IMPORT_SCOPES)).toEqual(missing),
);

it('does not take a read scope for the write scope', () => {
  expect(missingScopes(IMPORT_SCOPES, SEGMENT_SCOPES)).toEqual(['write_customers']);
  expect(missingScopes(['write_customers', 'read_customer_merge'], SEGMENT_SCOPES)).toEqual([]);
});

it.each([
  ['write_customers,read_customer_merge', ['read_customer_merge', 'write_customers']],
  [' read_customers , read_customers,', ['read_customers']],
  ['', []],
  ['x'.repeat(20_000), null],
  [['read_customers'], null],
  [null, null],
  [undefined, null],
])('reads the scopes %j as %j', (value, scopes) => expect(parseScopes(value)).toEqual(scopes));
