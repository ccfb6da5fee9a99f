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

it('comes back as the key', () => expect(tokens.read(token, list)).toEqual(key));

it('is empty for the first page', () => expect(tokens.read('', list)).toBeNull());

it('has a form that the request rules let through', () => expect(token).toMatch(/^[\w-]{1,512}$/));

it.each([
  ['another rpc', ['imports', 'merchant', { segment: 'LOYAL' }]],
  ['another merchant', ['customers', 'stranger', { segment: 'LOYAL' }]],
  ['another filter', ['customers', 'merchant', { segment: 'NEW' }]],
])('is refused for %s, naming page_token', (_, other) => {
  expect(refusal(token, other)).toBeInstanceOf(CoreError);
  expect(refusal(token, other)).toMatchObject(refused);
});

it('is refused with any one character changed, dropped or added', () => {
  for (const [n, char] of [...token].entries()) {
    const other = char === 'A' ? 'B' : 'A';
    // Not only by another character: the last one has neighbours that stand for the same bytes.
    const next = String.fromCharCode(char.charCodeAt(0) + 1);
    for (const instead of [other, next, '']) {
      expect(refusal(token.slice(0, n) + instead + token.slice(n + 1))).toMatchObject(refused);
    }
  }
  expect(refusal(`${token}A`)).toMatchObject(refused);
});

it.each([
  ['nothing of ours', 'AAAA'],
  ['JSON without a signature', Buffer.from(JSON.stringify(key)).toString('base64url')],
  ['an empty key', Buffer.alloc(16).toString('base64url')],
])('is refused when it is %s', (_, given) => expect(refusal(given)).toMatchObject(refused));

it('outlives a rotation of the keys, until its own is gone', () => {
  const rotated = createPageTokens([secret('next'), secret('now')]);
  expect(rotated.read(token, list)).toEqual(key);
  const renewed = rotated.make(list, key);
  expect(refusal(renewed)).toMatchObject(refused);
  expect(refusal(token, list, createPageTokens([secret('next')]))).toMatchObject(refused);
});
