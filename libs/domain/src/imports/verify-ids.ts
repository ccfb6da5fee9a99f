import type { Tx } from '@core/db';
import { CUSTOMER_NUMBER } from '../customers/index.ts';
import type { ImportRef } from './cancel-import.ts';
import { addSlices } from './add-slices.ts';
import { keepIds } from './keep-ids.ts';
import type { PageRef } from './lease.ts';
import { LISTED, SEEN } from './seen-ids.ts';

/**
 * A `verify` slice asks the shop for its count anew (page 0, kept as the slice's cursor), and then for single ids:
 * 250 a page, which is what Shopify takes at once. A page's ids wait in customer_import_ids; when the page is
 * committed, those that the shop has take their place, and count as seen from then on.
 */
const IDS_A_PAGE = 250;

/**
 * Strangers: customers who were stored before a full run began, and whom it has not met. Only while the merchant has
 * this one shop: nothing tells which of two shops a customer is of.
 */
export const verifyStrangers = (tx: Tx, ref: ImportRef): Promise<void> =>
  addVerify(
    tx,
    ref,
    `select id
       from (select ${CUSTOMER_NUMBER} as id
               from customer_import_logs r join customers c on c.merchant_id = r.merchant_id
              where r.id = $2 and r.mode = 'full' and c.merchant_id = $1 and c.deleted_at is null
                and c.created_at < r.started_at
                and (select count(*) from shopify_connections where merchant_id = $1) = 1) known
      where id is not null
     except select id from seen`,
  );

/** Those that only one side has: listed by the shop and not read, or read and not listed by it any more. */
export const verifyDifference = (tx: Tx, ref: ImportRef): Promise<void> =>
  addVerify(
    tx,
    ref,
    `(select id from listed except select id from seen)
      union all
     (select id from seen except select id from listed
      except
      select ${CUSTOMER_NUMBER}
        from customers c join customer_import_logs r on r.id = $2
       where c.merchant_id = $1 and c.deleted_at >= r.started_at)`,
  );

/** @param ids a query of them, with $1 the merchant and $2 the run */
async function addVerify(tx: Tx, ref: ImportRef, ids: string): Promise<void> {
  const slice = await addSlices(tx, ref, [{ kind: 'verify' }]);
  await tx.query(
    `with ${SEEN}, ${LISTED},
          asked as (select id, (row_number() over (order by id) - 1) / ${IDS_A_PAGE} + 1 as page from (${ids}) found)
     insert into customer_import_ids (import_id, slice, page, merchant_id, ids)
     select $2, $3, page, $1, array_agg(id order by id) from asked group by page`,
    [ref.merchantId, ref.importId, slice],
  );
}

/** The ids that this page is to ask for; empty behind the last. */
export async function readAsked(tx: Tx, { merchantId, importId, slice, page }: PageRef): Promise<number[]> {
  const [row] = await tx.query<{ ids: string[] }>(
    `select ids from customer_import_ids
      where merchant_id = $1 and import_id = $2 and slice = $3 and page = $4`,
    [merchantId, importId, slice, page],
  );
  return (row?.ids ?? []).map(Number);
}

/** Puts those that the shop has in the place of those that were asked for. */
export async function keepFound(tx: Tx, page: PageRef, found: readonly number[]): Promise<void> {
  const { merchantId, importId, slice } = page;
  await tx.query(
    'delete from customer_import_ids where merchant_id = $1 and import_id = $2 and slice = $3 and page = $4',
    [merchantId, importId, slice, page.page],
  );
  await keepIds(tx, page, found);
}
