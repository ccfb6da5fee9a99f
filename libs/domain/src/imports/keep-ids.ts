import type { Tx } from '@core/db';
import type { ImportRef } from './cancel-import.ts';
import type { PageRef } from './lease.ts';

/** Writes down whom the page saw, in its transaction. @param ids numbers of gid://shopify/Customer/7 */
export async function keepIds(tx: Tx, page: PageRef, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.query(
    `insert into customer_import_ids (import_id, slice, page, merchant_id, ids)
     values ($1, $2, $3, $4, $5)`,
    [page.importId, page.slice, page.page, page.merchantId, ids],
  );
}

/** Forgets the ids of a run: it begins anew, or has ended well. */
export async function forgetIds(tx: Tx, { merchantId, importId }: ImportRef): Promise<void> {
  await tx.query('delete from customer_import_ids where merchant_id = $1 and import_id = $2', [
    merchantId,
    importId,
  ]);
}
