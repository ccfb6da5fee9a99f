import { sql, type Column, type SQL } from 'drizzle-orm';
import { customerImportLogs, type ImportStatus } from '@core/db';

const STATUSES: readonly ImportStatus[] = ['running', 'paused'];

/**
 * Whether importers work on a run. A paused run is included: only a retry shows that it may continue.
 * @param run the table, or an alias of it
 */
export const isRunning = (run: { readonly status: Column } = customerImportLogs): SQL =>
  sql`${run.status} in ${STATUSES}`;
