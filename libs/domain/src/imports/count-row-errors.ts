import type { Tx } from '@core/db';
import { reasonsOf } from '../customers/index.ts';
import type { ImportRef } from './cancel-import.ts';

/** Customers by the reason for which they were not stored as they came; a newer build may know more reasons. */
export type RowErrorCounts = Record<string, number>;

export async function countRowErrors(tx: Tx, { merchantId, importId }: ImportRef): Promise<RowErrorCounts> {
  const rows = await tx.query<{ reason: string; n: number }>(
    `select reason, count(*)::int as n from customer_import_errors
      where merchant_id = $1 and import_id = $2 group by reason order by reason`,
    [merchantId, importId],
  );
  return Object.fromEntries(rows.map(({ reason, n }) => [reason, n]));
}

/**
 * Keeps the counts with the run that ends, and makes its `failed` the number of customers that were not stored: pages
 * count whom they read, and a customer may be read twice, be mended in the shop meanwhile, or fail only when what changed
 * is read again. The correction stands in the counters of the planning slice, because a run's counters are the sums of its
 * slices'; whoever failed at two readings was read twice, and unchanged the second time.
 */
export async function keepRowErrors(
  tx: Tx,
  { merchantId, importId }: ImportRef,
  counts: RowErrorCounts,
): Promise<void> {
  await tx.query('update customer_import_logs set row_errors = $3 where merchant_id = $1 and id = $2', [
    merchantId,
    importId,
    JSON.stringify(counts),
  ]);
  const failed = reasonsOf('not_stored').reduce((sum, reason) => sum + (counts[reason] ?? 0), 0);
  await tx.query(
    `with counted as (
       select sum(failed) - $3 as too_many from customer_import_slices where merchant_id = $1 and import_id = $2)
     update customer_import_slices s
        set failed = s.failed - counted.too_many, unchanged = s.unchanged + greatest(0, counted.too_many)
       from counted
      where s.merchant_id = $1 and s.import_id = $2 and counted.too_many <> 0
        and s.slice = (select max(slice) from customer_import_slices where import_id = $2 and kind = 'plan')`,
    [merchantId, importId, failed],
  );
}
