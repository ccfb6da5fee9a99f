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

/** A run that nobody has touched for so long makes no progress: whoever works on a page renews its lease more often. */
const UNTOUCHED_MS = 6_000;

/**
 * Tells the merchants of all runs that make no progress what holds them up, until a page of theirs is stored. The runs
 * of others go on, for this importer may be the only one that is held up.
 */
export async function tellHeldUp(tx: Tx, reason: string): Promise<void> {
  await tx.query(
    `update customer_import_logs r
        set waiting_reason = $1, status = case status when 'pending' then status else 'paused' end
      where (r.${UNDER_WAY} or r.status = 'pending')
        and (r.waiting_reason is distinct from $1 or r.status = 'running')
        and not exists (select from customer_import_slices s
                         where s.merchant_id = r.merchant_id and s.import_id = r.id
                           and s.lease_until > now() + $2 * interval '1 millisecond')`,
    [reason, LEASE_MS - UNTOUCHED_MS],
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
