import { appendAudit, type Actor, type ImportStatus, type Tx } from '@core/db';
import { getImport, type ImportRun } from './imports.ts';
import { addSlices } from './add-slices.ts';
import { BROKEN_OFF, isResumable } from './broken-off.ts';
import { cannot, statusOf, type ImportRef } from './cancel-import.ts';
import { ACTIVE, alreadyRunning } from './start-import.ts';

/**
 * Puts an ended import back to pending, to go on where it stopped. One without such a place reads the shop anew, and its
 * counters begin at zero (the audit row keeps them): an incomplete one has read every page, of an old one nothing is
 * kept any more (see pruneImports), and earlier builds cancelled some that had nothing left to read.
 * @throws CoreError not_found; failed_precondition when it runs or is complete; AlreadyRunning when another
 *   import holds the shop
 */
export async function resumeImport(tx: Tx, ctx: Actor, input: ImportRef): Promise<ImportRun> {
  const { merchantId, importId } = input;
  const before = await getImport(tx, input);
  // A statement of its own: the next one then sees the slices as pruning, which holds this lock, left them.
  await tx.query('select from customer_import_logs where merchant_id = $1 and id = $2 for update', [
    merchantId,
    importId,
  ]);
  // A race with a start fails on the unique index, and the transaction runs anew and finds the winner.
  const [resumed] = await tx.query<{ was: ImportStatus; anew: boolean }>(
    `update customer_import_logs r
        set status = 'pending', finished_at = null, error = null, waiting_reason = null, row_errors = null,
            expected = case when was.anew then null else r.expected end,
            started_at = case when was.anew then null else r.started_at end
       from (select id, status,
                    status = 'incomplete' or not exists (select from customer_import_slices
                                                          where import_id = $2 and not done) as anew
               from customer_import_logs where merchant_id = $1 and id = $2) was
      where r.merchant_id = $1 and r.id = was.id and was.${BROKEN_OFF}
        and not exists (select 1 from customer_import_logs other
                         where other.merchant_id = $1 and other.shop = r.shop and other.${ACTIVE})
     returning was.status as was, was.anew`,
    [merchantId, importId],
  );
  if (!resumed) {
    const status = await statusOf(tx, input);
    if (!isResumable({ status })) throw cannot('resumed', status);
    throw await alreadyRunning(tx, merchantId, before.shop);
  }
  if (resumed.anew) await beginAnew(tx, input);
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'import.resume',
    detail: { import_id: importId, was: resumed.was, read: before.read, created: before.created },
  });
  return getImport(tx, input);
}

/** Its former slices are over and count for nothing; it is planned as if it had just been started. */
async function beginAnew(tx: Tx, ref: ImportRef): Promise<void> {
  await tx.query(
    `update customer_import_slices
        set done = true, read = 0, created = 0, updated = 0, unchanged = 0, skipped = 0, failed = 0, deleted = 0
      where merchant_id = $1 and import_id = $2`,
    [ref.merchantId, ref.importId],
  );
  await addSlices(tx, ref, [{ kind: 'plan' }]);
}
