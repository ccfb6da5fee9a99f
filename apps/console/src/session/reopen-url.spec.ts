import { reopenUrl } from './reopen-url.ts';

const tokenWith = (claims: unknown) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;
const opened = (shop: string | undefined, sessionToken?: string) =>
  reopenUrl({ shop, sessionToken, token: undefined, merchantId: undefined, locale: undefined });
const GOOD = tokenWith({ aud: 'client' });

it('leads to the app in the admin of the shop', () =>
  expect(opened('a-b.myshopify.com', GOOD)).toBe('https://a-b.myshopify.com/admin/apps/client'));

it.each([
  ['none', undefined],
  ['an empty one', ''],
  ['one without parts', 'a'],
  ['one that is no JSON', 'a.!.c'],
  ['one of null', tokenWith(null)],
  ['one without a client', tokenWith({})],
  ['one with a path as its client', tokenWith({ aud: '../../x' })],
])('leads to the apps of the shop for a token: %s', (_, token) =>
  expect(opened('a.myshopify.com', token)).toBe('https://a.myshopify.com/admin/apps'),
);

it.each([
  undefined,
  '',
  'evil.example.com',
  'evil.example.com/a.myshopify.com',
  'a.myshopify.com.evil.example.com',
  'a.myshopify.com/x',
  'A.myshopify.com',
  'javascript:alert(1)//.myshopify.com',
])('finds no place for the shop %s', (shop) => expect(opened(shop, GOOD)).toBeUndefined());
