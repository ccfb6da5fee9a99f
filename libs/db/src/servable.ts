import type { Logger } from '@core/runtime';
import type { DatabaseEnv } from './config.ts';
import { assertSafeLogSettings } from './log-parameter-check.ts';
import type { Pool } from './pool.ts';
import { assertPooling } from './pooler.ts';
import { assertKnownSchema } from './schema-version.ts';
import type { Reader } from './reader.ts';
import { inTransaction } from './transaction.ts';

/**
 * Checks that an app may work with this database: it has the schema of this build, and its log reveals no
 * values.
 * @throws UnknownSchema, UnsafeLogSettings
 */
export async function assertServable(
  reader: Reader,
  options: { NODE_ENV: string; log: Pick<Logger, 'warn'> },
): Promise<void> {
  await assertKnownSchema(reader);
  await assertSafeLogSettings(reader, options);
}

/**
 * Checks that an app may work with its primary, through the pooler that the environment names, if any.
 * @throws WrongPooler, UnknownSchema, UnsafeLogSettings
 */
export async function assertServablePrimary(
  pool: Pool,
  {
    env,
    log,
  }: { env: Pick<DatabaseEnv, 'CORE_DB_POOLER'> & { NODE_ENV: string }; log: Pick<Logger, 'warn'> },
): Promise<void> {
  await assertPooling(pool, env.CORE_DB_POOLER);
  await inTransaction(pool, (tx) => assertServable(tx, { NODE_ENV: env.NODE_ENV, log }));
}
