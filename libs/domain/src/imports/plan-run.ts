import { build, customerImportErrors, customerImportLogs, statement, type Tx } from '@core/db';
import { addSlices } from './add-slices.ts';
import { commitPage, countersOf } from './commit-page.ts';
import { deleteIds } from './store-ids.ts';
import type { PageRef } from './lease.ts';
import { isOfRun, isRun, RUN } from './of-run.ts';
import type { SliceRange } from './slice-range.ts';

export interface RunPlan {
  /** The shop's own count. */
  expected: number;
  source: 'bulk' | 'graphql' | 'rest';
  /** Each range becomes a slice. */
  ranges: readonly SliceRange[];
}

const FORGET_ERRORS = statement({
  params: RUN,
  text: (p) => build.delete(customerImportErrors).where(isOfRun(customerImportErrors, p)),
});

const KEEP_PLAN = statement({
  params: { ...RUN, expected: customerImportLogs.expected, source: customerImportLogs.source },
  text: (p) =>
    build.update(customerImportLogs).set({ expected: p.expected, source: p.source }).where(isRun(p)),
});

/**
 * Stores what the run is to read, and completes the planning slice. A run that restarts forgets the customers
 * that it saw and those that it could not store: it reads them again.
 * @throws Fenced
 */
export async function planRun(
  tx: Tx,
  { expected, source, ranges, ...page }: PageRef & RunPlan,
): Promise<void> {
  await commitPage(tx, { ...page, cursor: null, done: true, counters: countersOf('plan', {}) });
  await deleteIds(tx, page);
  await tx.run(FORGET_ERRORS, page);
  await tx.run(KEEP_PLAN, { ...page, expected, source });
  await addSlices(
    tx,
    page,
    ranges.map((range) => ({ kind: 'read', range })),
  );
}
