import type { Tx } from '@core/db';
import { LEASE_MS, type PageRef } from './lease.ts';
import { UNDER_WAY } from './under-way.ts';

/**
 * Hands out slices of running runs that are nobody's, or whose holder has let its lease run out: each with
 * a higher fence, so that the former holder writes nothing more. Those that waited longest come first.
 * One locking statement, its rows found once: in FROM, a plan may look for them anew for each slice, and hands out more
 * than `limit`. Rejected: holding the row lock while the page is worked on (a transaction open
 * across an HTTP call, and a killed importer's lock lasts until its TCP connection is found dead);
 * trusting BullMQ's own lock and stalled check (it is lost with Redis).
 */
export async function claimSlices(tx: Tx, limit: number): Promise<PageRef[]> {
  return tx.query<PageRef & Record<string, unknown>>(
    `with free as materialized (
       select s.import_id, s.slice
         from customer_import_logs r
         join customer_import_slices s on s.merchant_id = r.merchant_id and s.import_id = r.id
        where r.${UNDER_WAY} and not s.done
          and (s.lease_until is null or s.lease_until < now())
        order by s.updated_at limit $1 for update of s skip locked)
     update customer_import_slices s
        set fence = s.fence + 1, lease_until = now() + $2 * interval '1 millisecond'
       from free
      where s.import_id = free.import_id and s.slice = free.slice
     returning s.merchant_id as "merchantId", s.import_id as "importId", s.slice, s.fence, s.page`,
    [limit, LEASE_MS],
  );
}
