import { and, eq, inArray, not, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { MerchantId } from '@core/contracts';
import { assign, customerImportLogs, customerImportSlices, ONE, statement, type Tx } from '@core/db';
import { ofShop, SHOP } from './shops/of-shop.ts';
import { isRunning } from './is-running.ts';

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
       isRunning(r),
       eq(r.source, 'bulk'),
       eq(s.merchantId, r.merchantId),
       eq(s.importId, r.id),
       inArray(s.kind, ['read', 'ids']),
       not(s.done),
     )}
    returning ${row}`,
});

/**
 * Releases the slices of a shop's running bulk import so that they can be claimed immediately: a bulk
 * operation has finished. The webhook does not show which slice started it; a slice whose own operation is
 * not done polls once and continues to wait. A slice that is being read at this moment is claimed again, and
 * its page is read twice.
 * @returns how many slices
 */
export const releaseBulkSlices = async (
  tx: Tx,
  of: { merchantId: MerchantId; shop: string },
): Promise<number> => (await tx.run(WAKE, of)).length;
