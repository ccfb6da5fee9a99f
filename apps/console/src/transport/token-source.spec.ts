import { createTokenSource, reopenUrl } from './token-source.ts';

const tokenWith = (claims: object) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;

it('takes a new token of App Bridge for each request, and else the one of the address', async () => {
  let n = 0;
  const bridge = { idToken: () => Promise.resolve(`bridge-${++n}`) };
  const embedded = createTokenSource(bridge, 'address');
  expect([await embedded(), await embedded()]).toEqual(['bridge-1', 'bridge-2']);
  expect(await createTokenSource(undefined, 'address')()).toBe('address');
  expect(await createTokenSource(undefined, undefined)()).toBeUndefined();
});

it.each([
  [
    'of a shop',
    { dest: 'https://a-b.myshopify.com', aud: 'client' },
    'https://a-b.myshopify.com/admin/apps/client',
  ],
  ['of a service', { iss: 'auth', aud: 'core' }, undefined],
  ['of another site', { dest: 'https://evil.example.com', aud: 'client' }, undefined],
  ['of another site', { dest: 'https://evil.example.com/a.myshopify.com', aud: 'client' }, undefined],
  ['without TLS', { dest: 'http://a.myshopify.com', aud: 'client' }, undefined],
  ['of a script', { dest: 'javascript:alert(1)//.myshopify.com', aud: 'client' }, undefined],
  ['with a path as its client', { dest: 'https://a.myshopify.com', aud: '../../x' }, undefined],
])('finds where the app with a token %s opens again', (_, claims, url) =>
  expect(reopenUrl(tokenWith(claims))).toBe(url),
);

it.each([undefined, '', 'a.b', 'a.!.c', `h.${btoa('null')}.s`])('finds no place for the token %s', (token) =>
  expect(reopenUrl(token)).toBeUndefined(),
);
