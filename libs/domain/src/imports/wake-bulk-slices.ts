import { and, eq, inArray, not, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { MerchantId } from '@core/contracts';
import { assign, customerImportLogs, customerImportSlices, ONE, statement, type Tx } from '@core/db';
import { ofShop, SHOP } from './shops/of-shop.ts';
import { isUnderWay } from './under-way.ts';

const r = alias(customerImportLogs, 'r');
const s = alias(customerImportSlices, 's');

const WAKE = statement({
  params: SHOP,
  row: ONE,
  text: (p, row) => sql`
    update ${customerImportSlices} as ${s} set ${assign(customerImportSlices, { leaseUntil: sql`null` })}
      from ${customerImportLogs} as ${r}
     where ${and(
       ofShop(r, p),
       isUnderWay(r),
       eq(r.source, 'bulk'),
       eq(s.merchantId, r.merchantId),
       eq(s.importId, r.id),
       inArray(s.kind, ['read', 'ids']),
       not(s.done),
     )}
    returning ${row}`,
});

/**
 * Gives back the slices of a shop's running bulk import, so that they are handed out at once: a bulk operation has
 * finished. The webhook does not say whose it was; a slice whose own is not done asks once, and waits on. One that is
 * being read just now is handed out anew, and reads its page twice.
 * @returns how many
 */
export const wakeBulkSlices = async (tx: Tx, of: { merchantId: MerchantId; shop: string }): Promise<number> =>
  (await tx.run(WAKE, of)).length;
