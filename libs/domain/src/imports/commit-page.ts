import type { SliceKind, Tx } from '@core/db';
import type { UpsertCounts } from '../customers/index.ts';
import { Fenced, LEASE_MS, type PageRef } from './lease.ts';

export interface CommitPage extends PageRef {
  /** Where the next page begins. */
  cursor: string | null;
  /** Whether it was the last page of the slice. */
  done: boolean;
  counters: SliceCounters;
}

export interface SliceCounters extends UpsertCounts {
  /** Customers of the page. */
  read: number;
  /** Customers that the shop has no more. */
  deleted: number;
}

const NOTHING: SliceCounters = {
  read: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  skipped: 0,
  failed: 0,
  deleted: 0,
};

/**
 * What a page adds to its slice's counters. What the reconciliation reads again was counted before: only who was
 * met there for the first time counts as read, and only what changed counts at all. What a slice that began anew
 * reads twice is taken off at the end, by the set of ids (see correctRead).
 */
export function countersOf(kind: SliceKind, counters: Partial<SliceCounters>): SliceCounters {
  const all = { ...NOTHING, ...counters };
  if (kind !== 'reconcile') return all;
  return { ...NOTHING, read: all.created, created: all.created, updated: all.updated };
}

/**
 * Moves the checkpoint and the counters, in the transaction that wrote the page's rows: both happen or
 * neither does. No row of the run is locked here, so slices do not wait for each other.
 * @throws Fenced when the slice was handed out anew or the page is committed; the rows roll back with it
 */
export async function commitPage(tx: Tx, input: CommitPage): Promise<void> {
  const { merchantId, importId, slice, fence, page, cursor, done, counters } = input;
  const committed = await tx.query(
    `update customer_import_slices
        set cursor = $6, done = $7, page = page + 1, lease_until = now() + $8 * interval '1 millisecond',
            read = read + $9, created = created + $10, updated = updated + $11, unchanged = unchanged + $12,
            skipped = skipped + $13, failed = failed + $14, deleted = deleted + $15, failing_since = null
      where merchant_id = $1 and import_id = $2 and slice = $3 and fence = $4 and page = $5 and not done
     returning 1`,
    [
      merchantId,
      importId,
      slice,
      fence,
      page,
      cursor,
      done,
      LEASE_MS,
      counters.read,
      counters.created,
      counters.updated,
      counters.unchanged,
      counters.skipped,
      counters.failed,
      counters.deleted,
    ],
  );
  if (committed.length === 0) throw new Fenced('the page is no longer ours to commit');
}
