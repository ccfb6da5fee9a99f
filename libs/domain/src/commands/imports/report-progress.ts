import type { Tx } from '@core/db';
import type { ImportRef } from './cancel-import.ts';
import { renewLease, type PageRef } from './lease.ts';

/** Notes the shop's own count; the first one stands. */
export async function setExpected(
  tx: Tx,
  { merchantId, importId, expected }: ImportRef & { expected: number },
): Promise<void> {
  await tx.query(
    'update customer_import_logs set expected = $3 where merchant_id = $1 and id = $2 and expected is null',
    [merchantId, importId, expected],
  );
}

/**
 * Tells the merchant what the run waits for, and keeps the slice until `waitMs` and a lease have passed.
 * @throws Fenced
 */
export async function setWaiting(
  tx: Tx,
  page: PageRef,
  { reason, waitMs }: { reason: string; waitMs: number },
): Promise<void> {
  await renewLease(tx, page, waitMs);
  await tx.query(
    `update customer_import_logs set waiting_reason = $3
      where merchant_id = $1 and id = $2 and status = 'running'`,
    [page.merchantId, page.importId, reason],
  );
}

export async function clearWaiting(tx: Tx, { merchantId, importId }: ImportRef): Promise<void> {
  await tx.query(
    `update customer_import_logs set waiting_reason = null
      where merchant_id = $1 and id = $2 and waiting_reason is not null`,
    [merchantId, importId],
  );
}
