import type { Tx } from '@core/db';
import { addSlices } from './add-slices.ts';
import { commitPage, countersOf } from './commit-page.ts';
import { forgetIds } from './keep-ids.ts';
import type { PageRef } from './lease.ts';
import type { SliceRange } from './slice-range.ts';

export interface RunPlan {
  /** The shop's own count. */
  expected: number;
  source: 'bulk' | 'graphql' | 'rest';
  /** A slice for each. */
  ranges: readonly SliceRange[];
}

/**
 * Writes what the run is to read, and is done with the planning slice. A run that begins anew forgets whom it saw, and
 * what it could not store: it reads them again.
 * @throws Fenced
 */
export async function planRun(tx: Tx, page: PageRef, { expected, source, ranges }: RunPlan): Promise<void> {
  await commitPage(tx, { ...page, cursor: null, done: true, counters: countersOf('plan', {}) });
  await forgetIds(tx, page);
  await tx.query('delete from customer_import_errors where merchant_id = $1 and import_id = $2', [
    page.merchantId,
    page.importId,
  ]);
  await tx.query(
    'update customer_import_logs set expected = $3, source = $4 where merchant_id = $1 and id = $2',
    [page.merchantId, page.importId, expected, source],
  );
  await addSlices(
    tx,
    page,
    ranges.map((range) => ({ kind: 'read', range })),
  );
}
