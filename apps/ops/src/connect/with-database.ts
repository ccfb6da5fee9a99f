import { assertKnownSchema, createPool, databaseEnv, inTransaction, type Pool } from '@core/db';
import { createLogger, PermanentError, readEnv } from '@core/runtime';
import { OpsError } from '../cli/errors.ts';

/**
 * Opens the database for the time of `work`.
 * @param role that has the rights it needs, for the message when CORE_DB_USER has not
 * @throws OpsError when it does not answer; UnknownSchema when it has not this build's schema
 */
export async function withDatabase<T>(
  source: NodeJS.ProcessEnv,
  work: (pool: Pool) => Promise<T>,
  role = 'core_worker',
): Promise<T> {
  const env = readEnv(databaseEnv, source);
  const pool = createPool(env, { app: 'ops', log: createLogger('ops', 'silent'), max: 2 });
  try {
    await inTransaction(pool, assertKnownSchema).catch((error: Error) => {
      if (error instanceof PermanentError) throw error;
      throw new OpsError(
        `PostgreSQL at ${env.CORE_DB_HOST}:${env.CORE_DB_PORT} does not let ${env.CORE_DB_USER} in: ` +
          `${reasonOf(error)}; see CORE_DB_HOST, CORE_DB_PORT, CORE_DB_NAME, CORE_DB_USER, CORE_DB_PASSWORD`,
      );
    });
    return await work(pool).catch((error: Error) => {
      throw (error as { code?: string }).code === FORBIDDEN
        ? new OpsError(mayNot(env.CORE_DB_USER, error, role))
        : error;
    });
  } finally {
    await pool.end();
  }
}

/** SQLSTATE insufficient_privilege. */
const FORBIDDEN = '42501';

const mayNot = (user: string, { message }: Error, role: string): string =>
  `${user}: ${message}; set CORE_DB_USER to ${role} or the owner`;

// A host with several addresses fails with one error for each, and no message of its own.
const reasonOf = (error: Error): string =>
  error.message || (error as { code?: string }).code || 'no connection';
