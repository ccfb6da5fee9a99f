import { UnusableAnswer } from '../answers/errors.ts';
import { readTokens } from './read-tokens.ts';

const tokens = (seconds: unknown) => ({
  access_token: 'shpat_a',
  refresh_token: 'shprt_b',
  expires_in: seconds,
});

it.each([
  [3_600, '1970-01-01T01:00:00.000Z'],
  [0.5, '1970-01-01T00:00:00.500Z'],
  // A time that PostgreSQL can store, regardless of Shopify's value.
  [1e300, '2069-12-07T00:00:00.000Z'],
  [Infinity, '2069-12-07T00:00:00.000Z'],
])('converts a lifetime of %d seconds to the expiry %s', (seconds, end) =>
  expect(readTokens(tokens(seconds), 0)).toEqual({
    accessToken: 'shpat_a',
    refreshToken: 'shprt_b',
    expiresAt: new Date(end),
  }),
);

it.each([0, -1, NaN, null, '3600', undefined])('refuses %p as a lifetime', (seconds) =>
  expect(() => readTokens(tokens(seconds), 0)).toThrow(UnusableAnswer),
);
