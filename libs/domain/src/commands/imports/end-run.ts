import { appendAudit, type ImportStatus, type Tx } from '@core/db';
import type { CommandContext } from '../../context.ts';
import { getImport, type ImportRun } from '../../queries/imports.ts';
import type { ImportRef } from './cancel-import.ts';
import { renewLease, type PageRef } from './lease.ts';

/**
 * Ends the run if this page's commit, in the same transaction, was the last of its slices'.
 * completed_with_errors: rows were logged as imported other than they came. incomplete: every page was
 * read, but not the number of customers that the shop counted.
 */
export async function finishRun(tx: Tx, ctx: CommandContext, ref: ImportRef): Promise<void> {
  // Two slices that end at once would each see the other as not done; behind this lock the second sees both.
  await tx.query('select 1 from customer_import_logs where merchant_id = $1 and id = $2 for update', [
    ref.merchantId,
    ref.importId,
  ]);
  const [left] = await tx.query(
    'select 1 from customer_import_slices where merchant_id = $1 and import_id = $2 and not done limit 1',
    [ref.merchantId, ref.importId],
  );
  if (left) return;
  const run = await getImport(tx, ref);
  const missing = Math.max(0, (run.expected ?? 0) - run.read);
  if (missing > 0) return endRun(tx, ctx, ref, 'incomplete', tellMissing(run));
  await endRun(tx, ctx, ref, (await hasErrors(tx, ref)) ? 'completed_with_errors' : 'completed');
}

/**
 * Ends the run of this page for a reason that trying again does not mend.
 * @param message for the merchant: no token, no person
 * @throws Fenced when the page is no longer the caller's: its successor may well succeed
 */
export async function failRun(tx: Tx, ctx: CommandContext, page: PageRef, message: string): Promise<void> {
  await renewLease(tx, page);
  await endRun(tx, ctx, page, 'failed', message);
}

/** Ends the runs that are to be cancelled; pages in flight find themselves fenced and write nothing. */
export async function finishCancels(tx: Tx, ctx: CommandContext): Promise<void> {
  const cancelling = await tx.query<ImportRef & Record<string, unknown>>(
    `select merchant_id as "merchantId", id as "importId" from customer_import_logs
      where status = 'cancelling' for update skip locked`,
  );
  for (const ref of cancelling) await endRun(tx, ctx, ref, 'cancelled');
}

const hasErrors = async (tx: Tx, { merchantId, importId }: ImportRef): Promise<boolean> =>
  (
    await tx.query('select 1 from customer_import_errors where merchant_id = $1 and import_id = $2 limit 1', [
      merchantId,
      importId,
    ])
  ).length > 0;

const tellMissing = ({ expected, read }: ImportRun): string =>
  `Shopify counted ${expected} customers when the import began, but only ${read} could be read. ` +
  'Customers deleted meanwhile are the usual reason. Resume the import to read the shop anew.';

async function endRun(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, importId }: ImportRef,
  status: ImportStatus,
  error?: string,
): Promise<void> {
  const ended = await tx.query(
    `update customer_import_logs
        set status = $3, error = $4, waiting_reason = null, finished_at = now()
      where merchant_id = $1 and id = $2 and status in ('running', 'paused', 'cancelling')
     returning 1`,
    [merchantId, importId, status, error ?? null],
  );
  if (ended.length === 0) return;
  await tx.query(
    `update customer_import_slices set fence = fence + 1, lease_until = null
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
