import type { Tx } from '@core/db';
import { LEASE_MS, type PageRef } from './lease.ts';

export interface ClaimedPage {
  shop: string;
  /** Where the page begins; null for the first. */
  cursor: string | null;
  /** Shopify's search query of the slice; empty for the whole shop. */
  range: string;
  /** Null until the shop has been asked for its count. */
  expected: number | null;
}

/**
 * Renews the lease and tells what to read. Null when there is nothing to do any more: the slice was handed
 * out anew, the page is committed, or the run does not run (a cancelled one stops here).
 */
export async function claimPage(tx: Tx, page: PageRef): Promise<ClaimedPage | null> {
  const [claimed] = await tx.query<Omit<ClaimedPage, 'expected'> & { expected: string | null }>(
    `update customer_import_slices s set lease_until = now() + $6 * interval '1 millisecond'
       from customer_import_logs r
      where s.merchant_id = $1 and s.import_id = $2 and s.slice = $3 and s.fence = $4 and s.page = $5
        and not s.done and r.merchant_id = $1 and r.id = s.import_id and r.status = 'running'
     returning r.shop, s.cursor, s.range, r.expected`,
    [page.merchantId, page.importId, page.slice, page.fence, page.page, LEASE_MS],
  );
  return claimed
    ? { ...claimed, expected: claimed.expected === null ? null : Number(claimed.expected) }
    : null;
}
