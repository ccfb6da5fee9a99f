import { personOf } from './person-of.ts';

it.each([
  ['  ', undefined],
  [' 01900000-0000-7000-8000-00000000000A ', { customerId: '01900000-0000-7000-8000-00000000000A' }],
  ['4711', { externalId: '4711' }],
  ['gid://shopify/Customer/4711', { externalId: 'gid://shopify/Customer/4711' }],
  ['01900000-0000-7000-8000', { externalId: '01900000-0000-7000-8000' }],
])('reads %p', (text, person) => expect(personOf(text)).toEqual(person));
