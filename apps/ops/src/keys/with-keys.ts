import {
  createMerchantKeyStore,
  KeyError,
  keyringEnv,
  parseKeyring,
  type Keyring,
  type MerchantKeyStore,
} from '@core/crypto';
import { assertQuietLogs, databaseEnv, inTransaction, type Pool } from '@core/db';
import { CoreError, readEnv } from '@core/runtime';
import { OpsError } from '../cli/errors.ts';
import { withDatabase } from '../connect/with-database.ts';

/** The environment of commands that change keys. */
export const keysEnv = { ...databaseEnv, ...keyringEnv };

/**
 * The database and the keyring, for the time of `work`.
 * @throws OpsError when the keyring is wrong, lacks a key, or what was asked for is refused
 * @throws LoudLogs when PostgreSQL would write keys into its log, also outside of production: a rotation sends all of them
 */
export const withKeys = <T>(
  env: NodeJS.ProcessEnv,
  work: (opened: { pool: Pool; keyring: Keyring; keys: MerchantKeyStore }) => Promise<T>,
): Promise<T> =>
  saying(async () => {
    const keyring = parseKeyring(readEnv(keyringEnv, env).CORE_ENCRYPTION_KEYS);
    const keys = createMerchantKeyStore(keyring);
    const open = async (pool: Pool) => {
      const log = { warn: () => undefined };
      await inTransaction(pool, (tx) => assertQuietLogs(tx, { NODE_ENV: 'production', log }));
      return work({ pool, keyring, keys });
    };
    return withDatabase(env, open, 'core_owner');
  });

const saying = <T>(work: () => Promise<T>): Promise<T> =>
  work().catch((error: Error) => {
    throw error instanceof KeyError || error instanceof CoreError ? new OpsError(error.message) : error;
  });
