import { appendAudit, type ImportStatus, type Tx } from '@core/db';
import type { CommandContext } from '../core/index.ts';
import { explainReason } from '../customers/index.ts';
import { getImport, type ImportRun } from './imports.ts';
import type { ImportRef } from './cancel-import.ts';
import { countRowErrors, keepRowErrors, type RowErrorCounts } from './count-row-errors.ts';
import { forgetIds } from './keep-ids.ts';
import { renewLease, type PageRef } from './lease.ts';

/** completed_with_errors: somebody was not stored, or without a field. A note alone is no error. */
export async function completeRun(tx: Tx, ctx: CommandContext, ref: ImportRef): Promise<void> {
  // They have told what they were kept for.
  await forgetIds(tx, ref);
  const rowErrors = await countRowErrors(tx, ref);
  const hasErrors = Object.keys(rowErrors).some((reason) => explainReason(reason).effect !== 'note');
  await endRun(tx, ctx, ref, { status: hasErrors ? 'completed_with_errors' : 'completed', rowErrors });
}

/** Ends a run that was judged so; the message says how many are missing. */
export async function endIncomplete(
  tx: Tx,
  ctx: CommandContext,
  ref: ImportRef,
  { counted, missing }: { counted: number; missing: number },
): Promise<void> {
  const message =
    `Shopify counts ${counted} customers, but only ${counted - missing} could be read: ${missing} are missing, ` +
    'also from its list of ids. Resume the import to read the shop anew.';
  await endRun(tx, ctx, ref, { status: 'incomplete', error: message });
}

/**
 * Ends the run of this page for a reason that trying again does not mend.
 * @param message for the merchant: no token, no person
 * @throws Fenced when the page is no longer the caller's: its successor may well succeed
 */
export async function failRun(tx: Tx, ctx: CommandContext, page: PageRef, message: string): Promise<void> {
  await renewLease(tx, page);
  await endRun(tx, ctx, page, { status: 'failed', error: message });
}

export interface CancelledRun extends ImportRef {
  shop: string;
  source: ImportRun['source'];
  /** Places of its slices that were not done. */
  cursors: string[];
}

/** Ends the runs that are to be cancelled; pages in flight find themselves fenced and write nothing. */
export async function finishCancels(tx: Tx, ctx: CommandContext): Promise<CancelledRun[]> {
  const cancelling = await tx.query<CancelledRun & Record<string, unknown>>(
    `select merchant_id as "merchantId", id as "importId", shop, source,
            array(select s.cursor from customer_import_slices s
                   where s.import_id = r.id and not s.done and s.cursor is not null
                     and s.kind in ('read', 'ids')) as cursors
       from customer_import_logs r
      where status = 'cancelling' for no key update skip locked`,
  );
  for (const ref of cancelling) await endRun(tx, ctx, ref, { status: 'cancelled' });
  return cancelling;
}

async function endRun(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, importId }: ImportRef,
  { status, error, rowErrors }: { status: ImportStatus; error?: string; rowErrors?: RowErrorCounts },
): Promise<void> {
  const ended = await tx.query(
    `update customer_import_logs
        set status = $3, error = $4, waiting_reason = null, finished_at = now()
      where merchant_id = $1 and id = $2 and status in ('running', 'paused', 'cancelling')
     returning 1`,
    [merchantId, importId, status, error ?? null],
  );
  if (ended.length === 0) return;
  const ref = { merchantId, importId };
  await keepRowErrors(tx, ref, rowErrors ?? (await countRowErrors(tx, ref)));
  await tx.query(
    `update customer_import_slices set fence = fence + 1, lease_until = null, failing_since = null
      where merchant_id = $1 and import_id = $2`,
    [merchantId, importId],
  );
  const { read, created, updated, failed } = await getImport(tx, { merchantId, importId });
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'import.end',
    detail: { import_id: importId, status, read, created, updated, failed },
  });
}
