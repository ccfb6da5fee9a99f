import { inTransaction, type MerchantKeyStore, type Pool } from '@core/db';
import { readAccessToken } from '@core/domain';
import type { Tokens } from './jobs/ask-shop.ts';
import { Unauthorized } from './shopify/errors.ts';

/** Tokens as the merchant connected them: one that is refused is the last. */
export const storedTokens = (pool: Pool, keys: MerchantKeyStore): Tokens => ({
  read: (connection) => inTransaction(pool, (tx) => readAccessToken(tx, keys, connection)),
  refresh: () => Promise.reject(new Unauthorized()),
});
