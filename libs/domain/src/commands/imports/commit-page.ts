import type { Tx } from '@core/db';
import type { UpsertCounts } from '../upsert-customers.ts';
import { Fenced, LEASE_MS, type PageRef } from './lease.ts';

export interface CommitPage extends PageRef {
  /** Where the next page begins; null after the last. */
  cursor: string | null;
  /** Customers of the page. */
  read: number;
  counts: UpsertCounts;
}

/**
 * Moves the checkpoint and the counters, in the transaction that wrote the page's rows: both happen or
 * neither does. No row of the run is locked here, so slices do not wait for each other.
 * @throws Fenced when the slice was handed out anew or the page is committed; the rows roll back with it
 */
export async function commitPage(tx: Tx, input: CommitPage): Promise<void> {
  const { merchantId, importId, slice, fence, page, cursor, read, counts } = input;
  const committed = await tx.query(
    `update customer_import_slices
        set cursor = coalesce($6, cursor), done = $6 is null, page = page + 1,
            lease_until = now() + $13 * interval '1 millisecond',
            read = read + $7, created = created + $8, updated = updated + $9, unchanged = unchanged + $10,
            skipped = skipped + $11, failed = failed + $12
      where merchant_id = $1 and import_id = $2 and slice = $3 and fence = $4 and page = $5 and not done
     returning 1`,
    [
      merchantId,
      importId,
      slice,
      fence,
      page,
      cursor,
      read,
      counts.created,
      counts.updated,
      counts.unchanged,
      counts.skipped,
      counts.failed,
      LEASE_MS,
    ],
  );
  if (committed.length === 0) throw new Fenced('the page is no longer ours to commit');
}
