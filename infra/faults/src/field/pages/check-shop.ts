import { explainReason, isRowReason, type ImportRun } from '@core/domain';
import type { Tally } from '../format.ts';
import type { FieldShop, FieldStack } from '../stack.ts';
import type { LastReply } from './mutate-pages.ts';

interface Error {
  external_id: string;
  reason: string;
}

/**
 * Checks that each customer of the shop is stored, or has a reason, and that status, counts and rows agree.
 */
export async function checkShop(
  { owner }: FieldStack,
  { merchantId, far }: FieldShop,
  { run, lastReplies }: { run: ImportRun; lastReplies: ReadonlyMap<string, LastReply> },
  tally: Tally,
): Promise<void> {
  const where = `${run.source} ${run.importId}: ${run.status} ${run.error ?? ''}`;
  if (!['completed', 'completed_with_errors'].includes(run.status))
    tally.violated('runs did not complete', where);
  const { rows: stored } = await owner.query<{ external_id: string; orders: string | null }>(
    `select external_id, metadata ->> 'number_of_orders' as orders from customers
      where merchant_id = $1 and deleted_at is null`,
    [merchantId],
  );
  const { rows: errors } = await owner.query<Error>(
    'select external_id, reason from customer_import_errors where merchant_id = $1 and import_id = $2',
    [merchantId, run.importId],
  );
  const orders = new Map(stored.map((row) => [row.external_id, row.orders]));
  const notStored = new Map(errors.filter(isNotStored).map(({ external_id: id, reason }) => [id, reason]));
  for (const { id, numberOfOrders } of far.all()) {
    const isMutated =
      lastReplies.get(id) === 'mutated' || lastReplies.get(id.slice(id.lastIndexOf('/') + 1)) === 'mutated';
    if (!orders.has(id) && !notStored.has(id))
      tally.violated('are neither stored nor refused', `${id} of ${where}`);
    else if (!isMutated && orders.get(id) !== numberOfOrders)
      tally.violated('are not as the shop has them', `${id} of ${where}`);
    else tally.count(orders.has(id) ? 'applied' : `refused: ${notStored.get(id)}`, `${id} of ${where}`);
  }
  checkErrors(run, errors, where, tally);
}

const isNotStored = ({ reason }: Error): boolean => explainReason(reason).effect === 'not_stored';

/** Checks that status, `failed`, counts and rows agree. */
function checkErrors(run: ImportRun, errors: readonly Error[], where: string, tally: Tally): void {
  for (const { reason } of errors) {
    if (!isRowReason(reason)) tally.violated('have an unknown reason', `${reason} of ${where}`);
  }
  const counted = Object.values(run.rowErrors ?? {}).reduce((sum, n) => sum + n, 0);
  if (counted !== errors.length)
    tally.violated('counts differ from the rows', `${counted}, ${errors.length} of ${where}`);
  const failed = errors.filter(isNotStored).length;
  if (run.failed !== failed)
    tally.violated('`failed` differs from the rows', `${run.failed}, ${failed} of ${where}`);
  const hasErrors = errors.some(({ reason }) => explainReason(reason).effect !== 'note');
  if (run.status === (hasErrors ? 'completed' : 'completed_with_errors'))
    tally.violated('statuses differ from the rows', where);
}
