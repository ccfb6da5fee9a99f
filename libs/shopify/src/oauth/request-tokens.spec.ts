import { UnusableAnswer } from '../answers/errors.ts';
import { readTokens } from './request-tokens.ts';

const tokens = (seconds: unknown) => ({
  access_token: 'shpat_a',
  refresh_token: 'shprt_b',
  expires_in: seconds,
});

it.each([
  [3_600, '1970-01-01T01:00:00.000Z'],
  [0.5, '1970-01-01T00:00:00.500Z'],
  // A time that PostgreSQL stores, whatever Shopify says.
  [1e300, '2069-12-07T00:00:00.000Z'],
  [Infinity, '2069-12-07T00:00:00.000Z'],
])('tokens that last %d seconds end at %s', (seconds, end) =>
  expect(readTokens(tokens(seconds), 0)).toEqual({
    accessToken: 'shpat_a',
    refreshToken: 'shprt_b',
    expiresAt: new Date(end),
  }),
);

it.each([0, -1, NaN, null, '3600', undefined])('%p is no time that tokens last', (seconds) =>
  expect(() => readTokens(tokens(seconds), 0)).toThrow(UnusableAnswer),
);
