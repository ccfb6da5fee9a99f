import { sql, type Column, type SQL } from 'drizzle-orm';
import { customerImportLogs, type ImportStatus } from '@core/db';

const STATUSES: readonly ImportStatus[] = ['running', 'paused'];

/**
 * Whether importers work on a run. A paused one is among them: trying is how it learns that it may go on.
 * @param run the table, or an alias of it
 */
export const isUnderWay = (run: { readonly status: Column } = customerImportLogs): SQL =>
  sql`${run.status} in ${STATUSES}`;
