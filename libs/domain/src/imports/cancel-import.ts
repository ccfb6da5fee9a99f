import { appendAudit, type Actor, type ImportStatus, type Tx } from '@core/db';
import { CoreError, notFound } from '@core/runtime';
import { getImport, type ImportRun } from './imports.ts';

export interface ImportRef {
  merchantId: string;
  importId: string;
}

/**
 * Stops an import: at once while it is pending, else through `cancelling`, which the importer ends within
 * a second or two. Asked again it answers the same.
 * @throws CoreError not_found; failed_precondition when the import has ended
 */
export async function cancelImport(tx: Tx, ctx: Actor, input: ImportRef): Promise<ImportRun> {
  const { merchantId, importId } = input;
  const [cancelled] = await tx.query<{ status: ImportStatus }>(
    `update customer_import_logs
        set status = case status when 'pending' then 'cancelled' else 'cancelling' end,
            finished_at = case status when 'pending' then now() end,
            waiting_reason = null
      where merchant_id = $1 and id = $2 and status in ('pending', 'running', 'paused')
     returning status`,
    [merchantId, importId],
  );
  if (cancelled) {
    await appendAudit(tx, ctx, { merchantId, action: 'import.cancel', detail: { import_id: importId } });
  } else {
    const status = await statusOf(tx, input);
    if (status !== 'cancelling') throw cannot('cancelled', status);
  }
  return getImport(tx, input);
}

/** @throws CoreError not_found */
export async function statusOf(tx: Tx, { merchantId, importId }: ImportRef): Promise<ImportStatus> {
  const [row] = await tx.query<{ status: ImportStatus }>(
    'select status from customer_import_logs where merchant_id = $1 and id = $2',
    [merchantId, importId],
  );
  if (!row) throw notFound('import');
  return row.status;
}

export const cannot = (what: string, status: ImportStatus) =>
  new CoreError('failed_precondition', `import: it is ${status} and cannot be ${what}`);
