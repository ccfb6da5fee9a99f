// tag: compliance
import { externalIdOf, shopifyNumber } from '@core/contracts';
import { earlierEmailHashes, emailHash } from '@core/crypto';
import { mentionsPerson, marksInBody, marksOfPerson } from './mentions-person.ts';

const keys = { generation: 1, dataKey: Buffer.alloc(32), indexKey: Buffer.alloc(32, 7) };
const ada = {
  externalIds: new Set([externalIdOf('gid://shopify/Customer/7')]),
  emailHashes: new Set([emailHash(keys, 'ada@example.com').toString('hex')]),
};
const bytes = (body: object | string) => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
const names = (body: object | string) => mentionsPerson(keys, ada, bytes(body)) === 'named';
/** Whether the marks of a body require decrypting it. */
const isMarked = (body: object | string) => {
  const marks = marksInBody(keys, bytes(body));
  return marks === null || marksOfPerson(keys, ada).some((mark) => marks.includes(mark));
};

it.each<[string, object | string]>([
  ['by the number', { id: 7 }],
  ['by the number, deep down', { data: [{ customer: { id: 7 } }] }],
  ['by a number in a list', { customer_ids: 1, customer_id: [7] }],
  ['by the long id', { admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/7' }],
  ['by the email, in another spelling', { customer: { email: ' ADA@Example.com' } }],
  ['by the number as a text', { customer_id: '7' }],
  ['by the long id, with a query', { id: 'gid://shopify/Customer/7?key=x' }],
  ['in a body that is not JSON', '{"email": "Ada@example.com'],
  ['by the long id in a body that is not JSON', 'about gid://shopify/Customer/7'],
  ['by the number in a truncated body', '{"id":7,"first_name":"Ad'],
  ['by the number as a text in a truncated body', '{"customer": {"customer_id" : "7", "first_name":"Ad'],
  ['by the escaped long id in a truncated body', '{"x":"gid:\\/\\/shopify\\/Customer\\/7","n'],
  ['by the escaped email in a truncated body', '{"email":"ada\\u0040example.com","n'],
  ['by the email in a note', { note: 'write to <ada@example.com>, she waits' }],
])('finds a person %s', (_, body) => expect([names(body), isMarked(body)]).toEqual([true, true]));

it('finds a person by an id of another system that consists of digits', () => {
  const other = { ...ada, externalIds: new Set([externalIdOf('0007')]) };
  expect(mentionsPerson(keys, other, Buffer.from('{"card":"0007"}'))).toBe('named');
});

it('reports for which bodies it cannot decide', () => {
  expect(mentionsPerson(keys, ada, Buffer.from('{"id":70}'))).toBe('not_named');
  expect(mentionsPerson(keys, ada, Buffer.from('{"id":70'))).toBe('undetermined');
  expect(mentionsPerson(keys, ada, Buffer.from('{"id":7}', 'utf16le'))).toBe('undetermined');
});

it.each<[string, object | string]>([
  ['another number', { id: 70 }],
  ['the number of something else', { orders_count: 7 }],
  ['the number of something else as a text', { phone: '7' }],
  ['another email', { email: 'grace@example.com' }],
  ['nothing', '{}'],
  ['another email in a note', { note: 'not ada@example.com.example.com' }],
])('does not mistake %s for the person', (_, body) =>
  expect([names(body), isMarked(body)]).toEqual([false, false]),
);

it.each([
  ['a byte order mark', '\uFEFF{"id":8}', '\uFEFF{"id":7}'],
  [
    'a deep list',
    `{"id":8,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
    `${'['.repeat(100_000)}{"id":7}${']'.repeat(100_000)}`,
  ],
  [
    'a wide object',
    JSON.stringify(Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`k${n}`, 1]))),
    JSON.stringify({ ...Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`k${n}`, 1])), id: 7 }),
  ],
])('reads a body with %s', (_, another, person) => {
  expect([names(another), isMarked(another)]).toEqual([false, false]);
  expect([names(person), isMarked(person)]).toEqual([true, true]);
});

it.each(['{"id":70,"first_name":"Ad', '{"orders_count":7,"n', '{"id":7.5,"n', '{"paid":7,"n'])(
  'does not mistake a number in %s for the person',
  (body) => expect(names(body)).toBe(false),
);

it('requires decrypting a body that is not JSON, or that contains more than a thousand names', () => {
  const crowd = Array.from({ length: 1_001 }, (_, n) => `p${n}@example.com`);
  for (const body of ['grace@example.com', { emails: crowd }])
    expect([names(body), isMarked(body)]).toEqual([false, true]);
});

it('marks an email in each form in which an earlier build may have stored it', () => {
  const email = 'Odysseus@Σίσυφος.example.com';
  const hashes = [emailHash(keys, email), ...earlierEmailHashes(keys, email)];
  expect(hashes.length).toBeGreaterThan(1);
  const marks = marksInBody(keys, bytes({ email }));
  for (const hash of hashes) {
    const [mark] = marksOfPerson(keys, {
      externalIds: new Set(),
      emailHashes: new Set([hash.toString('hex')]),
    });
    expect(marks).toContain(mark);
  }
});

it('returns a number only for Shopify’s ids', () => {
  expect(shopifyNumber('gid://shopify/Customer/12')).toBe('12');
  expect(shopifyNumber('crm-12')).toBeNull();
});
