import type { Tx } from '@core/db';
import { Fenced, type PageRef } from './lease.ts';

/** A place that is lost so often is lost for a reason of the shop's. */
const MOST_RESTARTS = 5;

/**
 * Lets a slice begin anew from its range, because its place is lost. What it has read so far stays; reading it again
 * writes nothing. It is counted beside the range, which is the one place of a slice that nothing else writes.
 * @returns false when it has begun anew too often; a resume then counts from zero
 * @throws Fenced
 */
export async function restartSlice(tx: Tx, page: PageRef): Promise<boolean> {
  const { merchantId, importId, slice, fence } = page;
  const [restarted] = await tx.query<{ restarts: number }>(
    `update customer_import_slices s
        set cursor = null, failing_since = null,
            range = (was.range || jsonb_build_object('restarts', (was.restarts + 1) % ${MOST_RESTARTS + 1}))::text
       from (select range, coalesce((range->>'restarts')::integer, 0) as restarts
               from (select coalesce(nullif(range, ''), '{}')::jsonb as range from customer_import_slices
                      where import_id = $2 and slice = $3 for update) held) was
      where s.merchant_id = $1 and s.import_id = $2 and s.slice = $3 and s.fence = $4 and s.page = $5 and not s.done
     returning was.restarts`,
    [merchantId, importId, slice, fence, page.page],
  );
  if (!restarted) throw new Fenced('the slice is no longer ours');
  return restarted.restarts < MOST_RESTARTS;
}
