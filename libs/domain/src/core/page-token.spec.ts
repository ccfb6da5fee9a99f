import { createHash } from 'node:crypto';
import { CoreError } from '@core/runtime';
import { createPageTokens } from './page-token.ts';

const secret = (name: string) => createHash('sha256').update(name).digest();
const tokens = createPageTokens([secret('now')]);
const list = ['customers', 'merchant', { segment: 'LOYAL' }];
const key = ['2026-01-02T03:04:05.678901Z', '018f4e1c-0000-7000-8000-000000000001'];
const token = tokens.make(list, key);

const refusal = (given: string, of: unknown = list, by = tokens) => {
  try {
    by.read(given, of);
  } catch (error) {
    return error;
  }
  return undefined;
};
const refused = { kind: 'invalid_argument', field: 'page_token' };

it('returns the key of a token', () => expect(tokens.read(token, list)).toEqual(key));

it('reads an empty token as the first page', () => expect(tokens.read('', list)).toBeNull());

it('has a form that the request rules accept', () => expect(token).toMatch(/^[\w-]{1,512}$/));

it.each([
  ['another rpc', ['imports', 'merchant', { segment: 'LOYAL' }]],
  ['another merchant', ['customers', 'stranger', { segment: 'LOYAL' }]],
  ['another filter', ['customers', 'merchant', { segment: 'NEW' }]],
])('refuses a token of %s, naming page_token', (_, other) => {
  expect(refusal(token, other)).toBeInstanceOf(CoreError);
  expect(refusal(token, other)).toMatchObject(refused);
});

it('refuses a token with any one character changed, dropped or added', () => {
  for (const [n, char] of [...token].entries()) {
    const other = char === 'A' ? 'B' : 'A';
    // The next character too: in the last place, several characters stand for the same bytes.
    const next = String.fromCharCode(char.charCodeAt(0) + 1);
    for (const instead of [other, next, '']) {
      expect(refusal(token.slice(0, n) + instead + token.slice(n + 1))).toMatchObject(refused);
    }
  }
  expect(refusal(`${token}A`)).toMatchObject(refused);
});

it.each([
  ['a foreign value', 'AAAA'],
  ['JSON without a signature', Buffer.from(JSON.stringify(key)).toString('base64url')],
  ['an empty key', Buffer.alloc(16).toString('base64url')],
])('refuses %s', (_, given) => expect(refusal(given)).toMatchObject(refused));

it('accepts a token during a rotation of the keys, until its own key is removed', () => {
  const rotated = createPageTokens([secret('next'), secret('now')]);
  expect(rotated.read(token, list)).toEqual(key);
  const renewed = rotated.make(list, key);
  expect(refusal(renewed)).toMatchObject(refused);
  expect(refusal(token, list, createPageTokens([secret('next')]))).toMatchObject(refused);
});
