import type { PageTokens } from '@core/domain';

/** Tokens that are the last row's key: nobody who runs `ops` has to be kept from making one up. Keys have no comma. */
const tokens: PageTokens = {
  make: (_list, key) => key.join(','),
  read: (token) => (token === '' ? null : token.split(',')),
};

export const UNSIGNED = { pageTokens: tokens };
