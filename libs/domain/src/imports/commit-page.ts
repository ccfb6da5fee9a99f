import { sql } from 'drizzle-orm';
import { build, customerImportSlices, ONE, statement, type SliceKind, type Tx } from '@core/db';
import type { UpsertCounts } from '../customers/index.ts';
import { Fenced, isNext, leaseEnd, PAGE, type PageRef } from './lease.ts';

export interface CommitPage extends PageRef {
  /** Where the next page starts. */
  cursor: string | null;
  /** Whether this was the last page of the slice. */
  done: boolean;
  counters: SliceCounters;
}

export interface SliceCounters extends UpsertCounts {
  /** Customers in the page. */
  read: number;
  /** Customers that the shop no longer has. */
  deleted: number;
  missed: number;
}

const NOTHING: SliceCounters = {
  read: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  skipped: 0,
  failed: 0,
  deleted: 0,
  missed: 0,
};

/**
 * Returns the amounts that a page adds to its slice's counters. Customers that the reconciliation reads again
 * are already counted: only those stored for the first time count as read, and only changed ones count at
 * all. Customers that a restarted slice reads twice are subtracted at the end, using the set of ids (see
 * correctReadCount).
 */
export function countersOf(kind: SliceKind, counters: Partial<SliceCounters>): SliceCounters {
  const all = { ...NOTHING, ...counters };
  if (kind !== 'reconcile') return all;
  return { ...NOTHING, read: all.created, created: all.created, updated: all.updated };
}

const { cursor, done, page, read, created, updated, unchanged, skipped, failed, deleted, missed } =
  customerImportSlices;

const COMMIT = statement({
  params: { ...PAGE, cursor, done, read, created, updated, unchanged, skipped, failed, deleted, missed },
  row: ONE,
  text: (p, row) =>
    build
      .update(customerImportSlices)
      .set({
        cursor: p.cursor,
        done: p.done,
        page: sql`${page} + 1`,
        leaseUntil: leaseEnd(),
        read: sql`${read} + ${p.read}`,
        created: sql`${created} + ${p.created}`,
        updated: sql`${updated} + ${p.updated}`,
        unchanged: sql`${unchanged} + ${p.unchanged}`,
        skipped: sql`${skipped} + ${p.skipped}`,
        failed: sql`${failed} + ${p.failed}`,
        deleted: sql`${deleted} + ${p.deleted}`,
        missed: sql`${missed} + ${p.missed}`,
        failingSince: null,
      })
      .where(isNext(p))
      .returning(row),
});

/**
 * Moves the checkpoint and the counters in the transaction that wrote the page's rows: both happen or neither
 * does. Locks no row of the run, so slices do not wait for each other.
 * @throws Fenced when the slice was claimed again, its run has ended, or the page is already committed; the
 *   rows roll back with it
 */
export async function commitPage(tx: Tx, { counters, ...input }: CommitPage): Promise<void> {
  const committed = await tx.run(COMMIT, { ...input, ...counters });
  if (committed.length === 0)
    throw new Fenced('the page is already committed, its slice was claimed again, or its run has ended');
}
