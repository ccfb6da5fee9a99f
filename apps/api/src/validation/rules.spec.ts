import { create } from '@bufbuild/protobuf';
import {
  Consistency,
  CustomerFilterSchema,
  ImportSourceSchema,
  ListCustomersRequestSchema,
} from '@core/contracts';
import { CoreError } from '@core/runtime';
import { applyRules, type Rule } from './apply-rules.ts';
import * as is from './rules.ts';

const at = { field: 'a_field', message: {} };
const check = <T>(rule: Rule<T>, value: T, message: Record<string, unknown> = {}): T | string => {
  try {
    return rule(value, { field: 'a_field', message });
  } catch (error) {
    if (!(error instanceof CoreError)) throw error;
    expect([error.kind, error.field]).toEqual(['invalid_argument', 'a_field']);
    return `refused: ${error.message}`;
  }
};
const refused = expect.stringMatching(/^refused: a_field: /);
const id = '018f4e1c-0000-7000-8000-00000000000a';

it.each([id, '00000000-0000-0000-0000-000000000000'])('customerId keeps %s', (value) =>
  expect(is.customerId(value, at)).toBe(value),
);
it('customerIdOrEmpty keeps an empty id', () => expect(is.customerIdOrEmpty('', at)).toBe(''));
it('customerIdOrEmpty refuses a text that is not a UUID', () =>
  expect(check(is.customerIdOrEmpty, ' ')).toEqual(refused));
it('customerId is converted to lower case', () => expect(is.customerId(id.toUpperCase(), at)).toBe(id));
it.each(['', 'x', id.slice(1), `${id}0`, `{${id}}`, id.replaceAll('-', ''), ` ${id}`, `${id}\n`])(
  'customerId refuses %p',
  (value) => expect(check(is.customerId, value)).toEqual(refused),
);

// The same rule applies to every entry point: see parseEmail.
it('email keeps its spelling and is trimmed', () =>
  expect(check(is.email, ' Ada@Example.com\n')).toBe('Ada@Example.com'));
it.each(['', 'ada', 'ada@lovelace@example.com', 'ada\u200b@example.com', `${'a'.repeat(309)}@example.com`])(
  'email refuses %p, without repeating it',
  (value) => {
    const outcome = check(is.email, value);
    expect(outcome).toEqual(refused);
    expect(outcome).not.toContain('ada');
  },
);

it.each([
  ['nothing', undefined],
  ['an empty object', {}],
  ['exactly 64 KiB', { note: 'x'.repeat(65_536 - '{"note":""}'.length) }],
  ['a text that looks like an escape', { note: '\\u0000' }],
  ['emoji', { note: '😀' }],
])('metadata accepts %s', (_, value) => expect(check(is.metadata, value)).toEqual(value));
it.each([
  ['one byte more than 64 KiB', { note: 'x'.repeat(65_537 - '{"note":""}'.length) }],
  ['64 KiB of two-byte letters', { note: 'ä'.repeat(33_000) }],
  ['NUL in a value', { a: [{ b: 'x\u0000' }] }],
  ['NUL in a name', { 'a\u0000': 1 }],
  ['half a surrogate pair', { a: '\ud83d' }],
])('metadata refuses %s', (_, value) => expect(check(is.metadata, value)).toEqual(refused));

it.each([
  ['Example.MyShopify.com ', 'example.myshopify.com'],
  ['a-1.myshopify.com', 'a-1.myshopify.com'],
])('shop reads %s as %s', (value, canonical) => expect(check(is.shop, value)).toBe(canonical));
it.each([
  '',
  'example.com',
  'a.b.myshopify.com',
  '-a.myshopify.com',
  'a.myshopify.com.example.com',
  'a.myshopify.com/x',
])('shop refuses %p', (value) => expect(check(is.shop, value)).toEqual(refused));

it.each([
  [0, 100],
  [1, 1],
  [1000, 1000],
])('page_size %i is %i', (value, canonical) => expect(check(is.pageSize, value)).toBe(canonical));
it.each([-1, 1001])('page_size refuses %i', (value) => expect(check(is.pageSize, value)).toEqual(refused));

it.each<[string, Rule<string>, string[], string[]]>([
  [
    'external_id',
    is.externalId,
    ['gid://shopify/Customer/7', 'x'.repeat(255)],
    ['', 'a\u0000', 'x'.repeat(256)],
  ],
  ['segment', is.textOrEmpty(64), ['', 'LOYAL'], ['a\nb', 'x'.repeat(65)]],
  ['secret', is.secret, ['shpat_0123'], ['', 'a b', 'x'.repeat(4097)]],
  ['etag', is.etag, ['', '0', '17'], ['x', '-1', '1'.repeat(11)]],
  ['page_token', is.pageToken, ['', 'AZaz09_-'], ['a b', 'x'.repeat(513)]],
])('%s', (_, rule, good, bad) => {
  for (const value of good) expect(check(rule, value)).toBe(value);
  for (const value of bad) expect(check(rule, value)).toEqual(refused);
});

it.each([
  ['7', 'gid://shopify/Customer/7'],
  [' gid://shopify/Customer/7?key=x\n', 'gid://shopify/Customer/7'],
  [' crm-7\n', 'crm-7'],
  [`7${' '.repeat(300)}`, 'gid://shopify/Customer/7'],
])('external_id reads %j as %j', (value, canonical) => expect(check(is.externalId, value)).toBe(canonical));
it.each(['0', ' 00 ', '-0', '0.0', 'gid://shopify/Customer/0'])(
  'external_id refuses %j, which marks a guest',
  (value) => expect(check(is.externalId, value)).toBe('refused: a_field: must be an id; 0 marks a guest'),
);
it.each([' ', `crm-${'7'.repeat(252)}`, `7${' '.repeat(1_000)}`])('external_id refuses %j', (value) =>
  expect(check(is.externalId, value)).toEqual(refused),
);

it('known accepts only declared values', () => {
  const rule = is.known(ImportSourceSchema);
  expect(check(rule, 0)).toBe(0);
  expect(check(rule, 3)).toBe(3);
  expect(check(rule, 4 as 3)).toEqual(refused);
});

it.each([
  [Consistency.UNSPECIFIED, '', true],
  [Consistency.STRONG, '1:0/1A2B', true],
  [Consistency.AT_LEAST, '6ABC0123456789EF:999999999:FFFFFFFF/FFFFFFFF', true],
  // The previous build writes this form.
  [Consistency.AT_LEAST, '1:0/1A2B', true],
  [Consistency.AT_LEAST, '6ABC0123456789EF0:1:0/1A2B', false],
  [Consistency.AT_LEAST, '', false],
  [Consistency.AT_LEAST, '1:0/1a2b', false],
  [Consistency.UNSPECIFIED, "1:0/0' or true", false],
])('consistency %i with token %p', (consistency, token, good) =>
  expect(check(is.consistencyToken, token, { consistency })).toEqual(good ? token : refused),
);

it.each([
  [0n, 0, true],
  [-62_135_596_801n, 0, false],
  [253_402_300_800n, 0, false],
  [0n, -1, false],
  [0n, 1_000_000_000, false],
])('instant %s s and %i ns', (seconds, nanos, good) => {
  const value = { seconds, nanos } as Parameters<typeof is.instant>[0];
  expect(check(is.instant, value)).toEqual(good ? value : refused);
});

it('names the path of a nested field, and replaces values with their canonical forms', () => {
  const rules = {
    merchantId: is.merchantId,
    filter: is.nested(CustomerFilterSchema, {
      segment: is.textOrEmpty(64),
      recency: is.scoreRange,
      frequency: is.scoreRange,
      monetary: is.scoreRange,
      updatedSince: is.optional(is.instant),
    }),
  };
  const apply = (init: object) => {
    const request = create(ListCustomersRequestSchema, init);
    applyRules(ListCustomersRequestSchema, rules as never, request);
    return request;
  };
  expect(apply({ merchantId: id.toUpperCase() }).merchantId).toBe(id);
  expect(() => apply({ merchantId: 'x' })).toThrow(/^merchant_id: /);
  expect(() => apply({ merchantId: id, filter: { monetary: { min: 9 } } })).toThrow(
    /^filter\.monetary\.min: /,
  );
  expect(() => apply({ merchantId: id, filter: { updatedSince: { seconds: 1n << 60n } } })).toThrow(
    /^filter\.updated_since: /,
  );
});
