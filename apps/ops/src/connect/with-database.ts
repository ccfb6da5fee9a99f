import { assertKnownSchema, createPool, databaseEnv, inTransaction, type Pool } from '@core/db';
import { createLogger, PermanentError, readEnv } from '@core/runtime';
import { OpsError } from '../cli/errors.ts';

/**
 * Opens the database while `work` runs.
 * @param role a role with the required rights, which the error names when CORE_DB_USER lacks them
 * @throws OpsError when the connection fails; UnknownSchema when the database does not have this build's
 *   schema
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
        `cannot connect to PostgreSQL at ${env.CORE_DB_HOST}:${env.CORE_DB_PORT} as ${env.CORE_DB_USER}: ` +
          `${reasonOf(error)}; see CORE_DB_HOST, CORE_DB_PORT, CORE_DB_NAME, CORE_DB_USER, CORE_DB_PASSWORD`,
      );
    });
    return await work(pool).catch((error: Error) => {
      throw isForbidden(error) ? new OpsError(mayNot(env.CORE_DB_USER, error, role)) : error;
    });
  } finally {
    await pool.end();
  }
}

/** SQLSTATE insufficient_privilege. */
const FORBIDDEN = '42501';

/** Returns whether the role lacks a right: `withDatabase` then names the role that has it. */
export const isForbidden = (error: unknown): boolean => (error as { code?: string }).code === FORBIDDEN;

const mayNot = (user: string, { message }: Error, role: string): string =>
  `${user}: ${message}; set CORE_DB_USER to ${role} or the owner`;

// For a host with several addresses the error wraps one error per address, and has no message itself.
const reasonOf = (error: Error): string =>
  error.message || (error as { code?: string }).code || 'no connection';
