import {
  createMerchantKeyStore,
  KeyError,
  keyringEnv,
  parseKeyring,
  type Keyring,
  type MerchantKeyStore,
} from '@core/crypto';
import { assertSafeLogSettings, databaseEnv, inTransaction, type Pool } from '@core/db';
import { CoreError, readEnv } from '@core/runtime';
import { OpsError } from '../cli/errors.ts';
import { withDatabase } from '../connect/with-database.ts';

/** The environment of commands that change keys. */
export const keysEnv = { ...databaseEnv, ...keyringEnv };

/**
 * Opens the database and the keyring while `work` runs.
 * @throws OpsError when the keyring is invalid or lacks a key, or when the service refuses the request
 * @throws UnsafeLogSettings when PostgreSQL would write keys into its log. This is checked outside of
 *   production too, because a rotation sends every key
 */
export const withKeys = <T>(
  env: NodeJS.ProcessEnv,
  work: (opened: { pool: Pool; keyring: Keyring; keys: MerchantKeyStore }) => Promise<T>,
): Promise<T> =>
  explainErrors(async () => {
    const keyring = parseKeyring(readEnv(keyringEnv, env).CORE_ENCRYPTION_KEYS);
    const keys = createMerchantKeyStore(keyring);
    const open = async (pool: Pool) => {
      const log = { warn: () => undefined };
      await inTransaction(pool, (tx) => assertSafeLogSettings(tx, { NODE_ENV: 'production', log }));
      return work({ pool, keyring, keys });
    };
    return withDatabase(env, open, 'core_owner');
  });

const explainErrors = <T>(work: () => Promise<T>): Promise<T> =>
  work().catch((error: Error) => {
    throw error instanceof KeyError || error instanceof CoreError ? new OpsError(error.message) : error;
  });
