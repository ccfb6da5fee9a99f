import { asc, eq, sql } from 'drizzle-orm';
import {
  assign,
  build,
  columns,
  customerImportErrors,
  customerImportLogs,
  customerImportSlices,
  int8,
  relation,
  statement,
  type Tx,
} from '@core/db';
import { reasonsOf } from '../customers/index.ts';
import type { ImportRef } from './cancel-import.ts';
import { isOfRun, isRun, lastPlan, RUN } from './of-run.ts';

/** Number of customers per reason why they were not stored as received. A newer build may add reasons. */
export type RowErrorCounts = Record<string, number>;

const COUNT = statement({
  params: RUN,
  row: { reason: customerImportErrors.reason, n: sql<number>`count(*)::int` },
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportErrors)
      .where(isOfRun(customerImportErrors, p))
      .groupBy(customerImportErrors.reason)
      .orderBy(asc(customerImportErrors.reason)),
});

export async function countRowErrors(tx: Tx, ref: ImportRef): Promise<RowErrorCounts> {
  const rows = await tx.run(COUNT, ref);
  return Object.fromEntries(rows.map(({ reason, n }) => [reason, n]));
}

const KEEP = statement({
  params: { ...RUN, rowErrors: customerImportLogs.rowErrors },
  text: (p) => build.update(customerImportLogs).set({ rowErrors: p.rowErrors }).where(isRun(p)),
});

const CORRECT_FAILED = statement({
  params: { ...RUN, failed: int8 },
  text(p) {
    const { slice, failed, unchanged } = customerImportSlices;
    const isOurs = isOfRun(customerImportSlices, p);
    const countedRow = { tooMany: sql`sum(${failed}) - ${p.failed}` };
    const counted = relation('counted', countedRow);
    return sql`
      with ${counted} as (select ${columns(countedRow)} from ${customerImportSlices} where ${isOurs})
      update ${customerImportSlices} set ${assign(customerImportSlices, {
        failed: sql`${failed} - ${counted.tooMany}`,
        unchanged: sql`${unchanged} + greatest(0, ${counted.tooMany})`,
      })}
        from ${counted}
       where ${isOurs} and ${counted.tooMany} <> 0 and ${eq(slice, lastPlan(p))}`;
  },
});

/**
 * Stores the counts with the run that ends, and sets its `failed` to the number of customers that were not
 * stored. The pages' counters count every reading: a customer may be read twice, be fixed in the shop in
 * between, or fail only when a change is read again. The correction is applied to the counters of the
 * planning slice, because a run's counters are the sums over its slices. A customer that failed at two
 * readings was read twice, and counts as unchanged the second time.
 */
export async function keepRowErrors(tx: Tx, ref: ImportRef, counts: RowErrorCounts): Promise<void> {
  await tx.run(KEEP, { ...ref, rowErrors: counts });
  const failed = reasonsOf('not_stored').reduce((sum, reason) => sum + (counts[reason] ?? 0), 0);
  await tx.run(CORRECT_FAILED, { ...ref, failed });
}
