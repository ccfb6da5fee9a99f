import type { SliceKind, Tx } from '@core/db';
import { LEASE_MS, type PageRef } from './lease.ts';
import { readRange, type SliceRange } from './slice-range.ts';
import { UNDER_WAY } from './under-way.ts';

export interface ClaimedPage {
  shop: string;
  kind: SliceKind;
  /** auto until the plan has chosen. */
  source: 'auto' | 'bulk' | 'graphql' | 'rest';
  startedAt: Date;
  /** Set in delta runs. */
  since: Date | null;
  /** Where the page begins; null for the first. */
  cursor: string | null;
  range: SliceRange;
}

/**
 * Renews the lease and tells what to read. Null when there is nothing to do any more: the slice was handed
 * out anew, the page is committed, or the run does not run (a cancelled one stops here).
 */
export async function claimPage(tx: Tx, page: PageRef): Promise<ClaimedPage | null> {
  const [claimed] = await tx.query<Omit<ClaimedPage, 'range'> & { range: string }>(
    `update customer_import_slices s set lease_until = now() + $6 * interval '1 millisecond'
       from customer_import_logs r
      where s.merchant_id = $1 and s.import_id = $2 and s.slice = $3 and s.fence = $4 and s.page = $5
        and not s.done and r.merchant_id = $1 and r.id = s.import_id and r.${UNDER_WAY}
     returning r.shop, s.kind, r.source, r.started_at as "startedAt", r.since, s.cursor, s.range`,
    [page.merchantId, page.importId, page.slice, page.fence, page.page, LEASE_MS],
  );
  return claimed ? { ...claimed, range: readRange(claimed.range) } : null;
}
