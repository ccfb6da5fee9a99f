import type { Tx } from '@core/db';
import { UNDER_WAY } from './under-way.ts';

/**
 * Gives back the slices of a shop's running bulk import, so that they are handed out at once: a bulk operation has
 * finished. The webhook does not say whose it was; a slice whose own is not done asks once, and waits on. One that is
 * being read just now is handed out anew, and reads its page twice.
 * @returns how many
 */
export const wakeBulkSlices = async (
  tx: Tx,
  { merchantId, shop }: { merchantId: string; shop: string },
): Promise<number> =>
  (
    await tx.query(
      `update customer_import_slices s set lease_until = null
         from customer_import_logs r
        where r.merchant_id = $1 and r.shop = $2 and r.${UNDER_WAY} and r.source = 'bulk'
          and s.merchant_id = r.merchant_id and s.import_id = r.id and s.kind in ('read', 'ids') and not s.done
       returning s.slice`,
      [merchantId, shop],
    )
  ).length;
