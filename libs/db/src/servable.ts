import type { Logger } from '@core/runtime';
import type { DatabaseEnv } from './config.ts';
import { assertQuietLogs } from './quiet-logs.ts';
import type { Pool } from './pool.ts';
import { assertPooling } from './pooler.ts';
import { assertKnownSchema } from './schema-version.ts';
import type { Reader } from './reader.ts';
import { inTransaction } from './transaction.ts';

/**
 * Whether an app may work with this database: it has the schema of this build, and a log that tells nothing.
 * @throws UnknownSchema, LoudLogs
 */
export async function assertServable(
  reader: Reader,
  options: { NODE_ENV: string; log: Pick<Logger, 'warn'> },
): Promise<void> {
  await assertKnownSchema(reader);
  await assertQuietLogs(reader, options);
}

/**
 * Whether an app may work with its primary, and over the pooler that the environment names, if any.
 * @throws WrongPooler, UnknownSchema, LoudLogs
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
