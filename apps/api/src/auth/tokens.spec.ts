// tag: compliance
import { jwksOf, newSigningKey, signToken } from '@core/testing';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import type { Caller } from '../rpc-context/context.ts';
import { createTokenCheck } from './tokens.ts';

const key = newSigningKey();
const merchantId = '018f4e1c-0000-7000-8000-00000000000a';
const claims = {
  iss: 'https://auth.example.com',
  aud: 'core',
  sub: 'points',
  exp: 1_000,
  scope: 'rfm:read',
};

/**
 * A token check at time 0 s, a wall clock and a monotonic clock that the test sets, and the number of key
 * requests.
 */
function world(keys: string = jwksOf(key)) {
  const find = createLocalJWKSet(JSON.parse(keys) as JSONWebKeySet);
  const world: { at: number; keyRequests: number; monotonic?: number } = { at: 0, keyRequests: 0 };
  const check = createTokenCheck({
    issuer: claims.iss,
    audience: claims.aud,
    keys: (header, token) => {
      world.keyRequests++;
      return find(header, token);
    },
    now: () => world.at,
    monotonic: () => world.monotonic ?? world.at,
  });
  return Object.assign(world, {
    check,
    message: async (authorization: string): Promise<string> => {
      try {
        await check(authorization);
      } catch (error) {
        const { kind, message, cause } = error as { kind: string; message: string; cause?: unknown };
        const token = authorization.slice('Bearer '.length);
        for (const part of token.split('.').filter((part) => part.length > 8)) {
          expect(message).not.toContain(part);
        }
        // A cause would be logged, and jose's errors carry the claims.
        expect(cause).toBeUndefined();
        return `${kind}: ${message}`;
      }
      return 'it passed';
    },
  });
}
const bearer = (more: Record<string, unknown> = {}, header: Record<string, unknown> = {}, by = key) =>
  `Bearer ${signToken(by, { ...claims, ...more }, header)}`;

it.each(['ES256', 'EdDSA', 'RS256', 'PS256'] as const)('accepts a token signed with %s', async (alg) => {
  const own = newSigningKey(alg);
  const { check } = world(jwksOf(own));
  expect(await check(bearer({}, {}, own))).toEqual({ caller: 'points', scopes: new Set(['rfm:read']) });
});

const BOTH = ['rfm:read', 'customers:read'];
it.each<[string, Record<string, unknown>, Caller['scopes'] | string[], string | undefined]>([
  ['several scopes', { scope: 'rfm:read customers:pii' }, ['rfm:read', 'customers:pii'], undefined],
  ['a list of scopes', { scope: undefined, scopes: ['rfm:read'] }, ['rfm:read'], undefined],
  ['a list under the standard name', { scope: ['rfm:read', 'customers:read'] }, BOTH, undefined],
  ['a list of texts', { scope: ['rfm:read  customers:read'] }, BOTH, undefined],
  [
    'a text under the name that Azure uses',
    { scope: undefined, scp: 'rfm:read customers:read' },
    BOTH,
    undefined,
  ],
  [
    'a list under the name that Okta uses',
    { scope: undefined, scp: ['rfm:read', 'customers:read'] },
    BOTH,
    undefined,
  ],
  ['a text under the plural name', { scope: undefined, scopes: 'rfm:read customers:read' }, BOTH, undefined],
  ['all claims together', { scope: 'rfm:read', scp: ['customers:read'], scopes: [] }, BOTH, undefined],
  ['unknown scopes', { scope: 'rfm:read root', scopes: ['points:write'] }, ['rfm:read'], undefined],
  ['no scopes', { scope: undefined }, [], undefined],
  ['an empty text', { scope: '' }, [], undefined],
  ['an empty list', { scope: [] }, [], undefined],
  ['a merchant', { merchant_id: merchantId.toUpperCase() }, ['rfm:read'], merchantId],
])('reads %s', async (_, more, scopes, boundTo) => {
  const caller = await world().check(bearer(more));
  expect([caller.scopes, caller.boundTo]).toEqual([new Set(scopes), boundTo]);
});

it.each(['ES256', 'EdDSA', 'RS256', 'PS256'] as const)(
  'tries each matching key for a token signed with %s that has no kid',
  async (alg) => {
    const keys = (['ES256', 'EdDSA', 'RS256', alg, alg] as const).map((each) => newSigningKey(each));
    const { check, message } = world(jwksOf(...keys));
    for (const by of keys.slice(3)) {
      const scopes = new Set(['rfm:read']);
      expect(await check(bearer({}, { kid: undefined }, by))).toEqual({ caller: 'points', scopes });
    }
    expect(await message(bearer({ exp: -11 }, { kid: undefined }, keys[4]))).toMatch('has expired');
    expect(await message(bearer({}, { kid: undefined }, newSigningKey(alg)))).toMatch('signature is invalid');
  },
);

const other = newSigningKey();
const [head = '', body = '', signature = ''] = signToken(key, claims).split('.');
it.each([
  ['an empty header', '', 'authorization: must be Bearer <token>'],
  ['another scheme', 'Basic YTpi', 'authorization: must be Bearer <token>'],
  ['two tokens', `Bearer ${head} ${body}`, 'authorization: must be Bearer <token>'],
  ['a text that is not a JWT', 'Bearer hunter2', 'the token cannot be read'],
  ['a JWT of garbage', 'Bearer !!!.???.***', 'the token cannot be read'],
  [
    'a body that is not JSON',
    `Bearer ${head}.${head.slice(3)}.${signature}`,
    "the token's signature is invalid",
  ],
  ['an empty signature', `Bearer ${head}.${body}.`, "the token's signature is invalid"],
  ['another issuer', bearer({ iss: 'https://evil.example.com' }), 'the token is from another issuer'],
  ['another audience', bearer({ aud: ['points'] }), 'the token is for another audience'],
  ['no expiry', bearer({ exp: undefined }), 'the token has no exp'],
  ['an invalid expiry', bearer({ exp: 'never' }), "the token's exp cannot be read"],
  ['an expiry in the past', bearer({ exp: -11 }), 'the token has expired'],
  ['a start in the future', bearer({ nbf: 11 }), 'the token is not valid yet'],
  ['an issue time in the future', bearer({ iat: 11 }), "the token's iat is in the future"],
  ['an issue time in a year', bearer({ iat: 31_536_000 }), "the token's iat is in the future"],
  ['an issue time that is not a number', bearer({ iat: 'now' }), "the token's iat cannot be read"],
  ['an issue time of null', bearer({ iat: null }), "the token's iat cannot be read"],
  ['another type', bearer({}, { typ: 'dpop+jwt' }), "the token's typ must be JWT or at+jwt, if it has one"],
  [
    'the type of a logout token',
    bearer({}, { typ: 'logout+jwt' }),
    "the token's typ must be JWT or at+jwt, if it has one",
  ],
  ['an empty type', bearer({}, { typ: '' }), "the token's typ must be JWT or at+jwt, if it has one"],
  ['an invalid type', bearer({}, { typ: ['JWT'] }), "the token's typ must be JWT or at+jwt, if it has one"],
  ['no subject', bearer({ sub: undefined }), 'the token has no sub'],
  ['an empty subject', bearer({ sub: '' }), "the token's sub must have 1 to 255 visible characters"],
  ['a NUL in the subject', bearer({ sub: 'a\0b' }), "the token's sub must have 1 to 255 visible characters"],
  [
    'half a surrogate pair in the subject',
    bearer({ sub: 'a\ud83d' }),
    "the token's sub must have 1 to 255 visible characters",
  ],
  ['an invalid merchant', bearer({ merchant_id: 'all' }), "the token's merchant_id must be a UUID"],
  ['a list of merchants', bearer({ merchant_id: [merchantId] }), "the token's merchant_id must be a UUID"],
  ['null for a merchant', bearer({ merchant_id: null }), "the token's merchant_id must be a UUID"],
  ...(['scope', 'scp', 'scopes'] as const).flatMap((claim) =>
    [7, null, true, { 0: 'rfm:read' }, ['rfm:read', 7], [['rfm:read']], [null]].map(
      (value): [string, string, string] => [
        `a ${claim} of ${JSON.stringify(value)}`,
        bearer({ [claim]: value }),
        `the token's ${claim} must be a string or a list of strings`,
      ],
    ),
  ),
  ['an unknown key', bearer({}, {}, other), 'the token is signed with an unknown key'],
  [
    'an unknown key that uses the kid of a known key',
    bearer({}, { kid: key.kid }, other),
    "the token's signature is invalid",
  ],
  ['no algorithm', bearer({}, { alg: 'none' }), /^the token's algorithm is not accepted/],
  ['a secret', bearer({}, { alg: 'HS256' }), /^the token's algorithm is not accepted/],
  [
    'an algorithm that its key does not have',
    bearer({}, { alg: 'RS256' }),
    'the token is signed with an unknown key',
  ],
])('refuses a token with %s', async (_, authorization, message) => {
  const { message: refusal } = world();
  expect(await refusal(authorization)).toMatch(
    typeof message === 'string'
      ? `unauthenticated: ${message}`
      : new RegExp(`unauthenticated: ${message.source.slice(1)}`),
  );
});

it('tolerates clocks that differ by less than ten seconds', async () => {
  const { check } = world();
  await check(bearer({ exp: -9 }));
  await check(bearer({ nbf: 9 }));
  await check(bearer({ iat: 9 }));
});

it.each([undefined, 'JWT', 'jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt', 'application/jwt'])(
  'accepts a token of type %s',
  async (typ) => void (await world().check(bearer({ iat: -1_000 }, { typ }))),
);

it('keeps the expiry of a cached token when the wall clock is set back or forward', async () => {
  const auth = world();
  auth.monotonic = 0;
  const token = bearer({ exp: 100 });
  await auth.check(token);
  // The wall clock is set back by a day while the token's 100 s pass.
  auth.at = -86_400_000;
  auth.monotonic = 99_999;
  expect(auth.check(token)).not.toBeInstanceOf(Promise);
  auth.monotonic = 100_000;
  expect(auth.check(token)).toBeInstanceOf(Promise);
  // The wall clock is set forward while the token is still cached.
  const other = world();
  other.monotonic = 0;
  await other.check(token);
  other.at = 99_000_000;
  expect(other.check(token)).not.toBeInstanceOf(Promise);
});

it('answers synchronously for a cached token, for five minutes and never past its expiry', async () => {
  const auth = world();
  const [long, short] = [bearer(), bearer({ exp: 100 })];
  await Promise.all([auth.check(long), auth.check(short)]);
  auth.at = 99_999;
  expect(auth.check(long)).not.toBeInstanceOf(Promise);
  expect(auth.check(short)).not.toBeInstanceOf(Promise);
  expect(auth.keyRequests).toBe(2);
  auth.at = 100_000 + 10_000;
  expect(await auth.message(short)).toBe('unauthenticated: the token has expired');
  auth.at = 299_999;
  expect(auth.check(long)).not.toBeInstanceOf(Promise);
  auth.at = 300_000;
  expect(auth.check(long)).toBeInstanceOf(Promise);
  await auth.check(long);
  expect(auth.keyRequests).toBe(4);
});

it('verifies once for all waiting callers, and caches no refusal', async () => {
  const auth = world();
  const token = bearer();
  const callers = await Promise.all(Array.from({ length: 100 }, () => auth.check(token)));
  expect(new Set(callers).size).toBe(1);
  expect(auth.keyRequests).toBe(1);
  const refused = bearer({}, {}, other);
  await auth.message(refused);
  await auth.message(refused);
  expect(auth.keyRequests).toBe(3);
  // This one is refused synchronously.
  expect(await auth.message('Basic YTpi')).toBe(await auth.message('Basic YTpi'));
});

it('caches at most ten thousand tokens', async () => {
  const auth = world();
  const first = bearer({ sub: 'the first' });
  await auth.check(first);
  for (let n = 0; n < 10_000; n++) await auth.check(bearer({ sub: `number ${n}` }));
  expect(auth.keyRequests).toBe(10_001);
  expect(auth.check(first)).toBeInstanceOf(Promise);
});
