import type { Tx } from '@core/db';
import type { ImportRef } from './cancel-import.ts';
import { Fenced, LEASE_MS, renewLease, type PageRef } from './lease.ts';
import { UNDER_WAY } from './under-way.ts';

export interface Waiting {
  /** For the merchant. */
  reason: string;
  waitMs: number;
  /** Whether nothing goes on until what is away is back. */
  paused?: boolean;
}

/**
 * Tells the merchant what the run waits for, and keeps the slice until `waitMs` and a lease have passed. A paused run
 * runs again when a page is stored, or a wait is of another kind.
 * @throws Fenced
 */
export async function setWaiting(
  tx: Tx,
  page: PageRef,
  { reason, waitMs, paused = false }: Waiting,
): Promise<void> {
  await renewLease(tx, page, waitMs);
  await tx.query(
    `update customer_import_logs set waiting_reason = $3, status = $4
      where merchant_id = $1 and id = $2 and ${UNDER_WAY}`,
    [page.merchantId, page.importId, reason, paused ? 'paused' : 'running'],
  );
}

/** A page is there: the run waits for nothing. */
export async function clearWaiting(tx: Tx, { merchantId, importId }: ImportRef): Promise<void> {
  await tx.query(
    `update customer_import_logs set waiting_reason = null, status = 'running'
      where merchant_id = $1 and id = $2 and ${UNDER_WAY} and (waiting_reason is not null or status = 'paused')`,
    [merchantId, importId],
  );
}

/**
 * Notes where to ask again for a page that is not there yet.
 * @throws Fenced
 */
export async function movePlace(tx: Tx, page: PageRef, cursor: string | null): Promise<void> {
  const { merchantId, importId, slice, fence } = page;
  const moved = await tx.query(
    `update customer_import_slices
        set cursor = $6, lease_until = now() + $7 * interval '1 millisecond', failing_since = null
      where merchant_id = $1 and import_id = $2 and slice = $3 and fence = $4 and page = $5 and not done
     returning 1`,
    [merchantId, importId, slice, fence, page.page, cursor, LEASE_MS],
  );
  if (moved.length === 0) throw new Fenced('the page is no longer ours');
}
