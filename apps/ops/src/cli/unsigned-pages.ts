import type { PageTokens } from '@core/domain';

/**
 * Unsigned page tokens: each is the key of the last row, joined by commas, which keys do not contain. An
 * operator may forge a token without harm.
 */
const tokens: PageTokens = {
  make: (_list, key) => key.join(','),
  read: (token) => (token === '' ? null : token.split(',')),
};

export const UNSIGNED_PAGES = { pageTokens: tokens };
