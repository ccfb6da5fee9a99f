import { and, inArray, sql } from 'drizzle-orm';
import type { MerchantId, ImportId } from '@core/contracts';
import {
  appendAudit,
  build,
  customerImportLogs,
  ONE,
  statement,
  type Actor,
  type ImportStatus,
  type Tx,
} from '@core/db';
import { CoreError, notFound } from '@core/runtime';
import { getImport, type ImportRun } from './imports.ts';
import { isRun, RUN } from './of-run.ts';

export interface ImportRef {
  merchantId: MerchantId;
  importId: ImportId;
}

const { status } = customerImportLogs;

const CANCEL = statement({
  params: RUN,
  row: ONE,
  text: (p, row) =>
    build
      .update(customerImportLogs)
      .set({
        status: sql`case ${status} when 'pending' then 'cancelled' else 'cancelling' end`,
        finishedAt: sql`case ${status} when 'pending' then now() end`,
        waitingReason: null,
      })
      .where(and(isRun(p), inArray(status, ['pending', 'running', 'paused'])))
      .returning(row),
});

/**
 * Cancels an import: immediately while it is pending, otherwise through `cancelling`, which the importer
 * completes within a second or two. A repeated call returns the same result.
 * @throws CoreError not_found; failed_precondition when the import has ended
 */
export async function cancelImport(tx: Tx, ctx: Actor, input: ImportRef): Promise<ImportRun> {
  const { merchantId, importId } = input;
  const cancelled = await tx.run(CANCEL, input);
  if (cancelled.length > 0) {
    await appendAudit(tx, ctx, { merchantId, action: 'import.cancel', detail: { import_id: importId } });
  } else {
    const status = await statusOf(tx, input);
    if (status !== 'cancelling') throw wrongStatus('cancelled', status);
  }
  return getImport(tx, input);
}

const READ_STATUS = statement({
  params: RUN,
  row: { status },
  text: (p, row) => build.select(row).from(customerImportLogs).where(isRun(p)),
});

/** @throws CoreError not_found */
export async function statusOf(tx: Tx, ref: ImportRef): Promise<ImportStatus> {
  const [row] = await tx.run(READ_STATUS, ref);
  if (!row) throw notFound('import');
  return row.status;
}

export const wrongStatus = (what: string, status: ImportStatus) =>
  new CoreError('failed_precondition', `import: it is ${status} and cannot be ${what}`);
