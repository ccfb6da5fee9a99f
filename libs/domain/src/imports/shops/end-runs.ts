import { and, asc, eq, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import {
  build,
  customerImportLogs,
  customerImportSlices,
  many,
  ONE,
  oneOf,
  statement,
  type Tx,
} from '@core/db';
import { isSliceOfRun } from '../of-run.ts';
import { isActive } from '../start-import.ts';
import { matchesShop, SHOP_OR_ALL } from './shop-filter.ts';

const END_RUNS = statement({
  params: { ...SHOP_OR_ALL, reason: customerImportLogs.error },
  row: { id: customerImportLogs.id },
  text: (p, row) =>
    build
      .update(customerImportLogs)
      .set({ status: 'cancelled', error: p.reason, finishedAt: sql`now()`, waitingReason: null })
      .where(and(matchesShop(customerImportLogs, p), isActive()))
      .returning(row),
});

const LOCK_SLICES = statement({
  params: SHOP_OR_ALL,
  row: ONE,
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportSlices)
      .innerJoin(customerImportLogs, isSliceOfRun())
      .where(and(matchesShop(customerImportLogs, p), isActive()))
      .orderBy(asc(customerImportSlices.importId), asc(customerImportSlices.slice))
      .for('update', { of: customerImportSlices }),
});

const RAISE_FENCES = statement({
  params: {
    merchantId: customerImportSlices.merchantId,
    importIds: many(customerImportSlices.importId),
  },
  text: (p) =>
    build
      .update(customerImportSlices)
      .set({ fence: sql`${customerImportSlices.fence} + 1`, leaseUntil: null })
      .where(
        and(
          eq(customerImportSlices.merchantId, p.merchantId),
          oneOf(customerImportSlices.importId, p.importIds),
        ),
      ),
});

export interface EndRuns {
  merchantId: MerchantId;
  /** Null: all shops of the merchant. */
  shop: string | null;
  /** Why, in words for the merchant. */
  reason: string;
}

/**
 * Cancels the runs immediately, including pages that are being read right now: their fences are raised, so
 * they write nothing. Rejected: the status `cancelling`, on which an importer would first have to act, and
 * which asks a shop that has left to stop its bulk operation.
 * @returns how many runs
 */
export async function endRuns(tx: Tx, { merchantId, shop, reason }: EndRuns): Promise<number> {
  const which = { merchantId, shop };
  // Locked before the runs, as every page does.
  await tx.run(LOCK_SLICES, which);
  const runs = await tx.run(END_RUNS, { ...which, reason });
  await tx.run(RAISE_FENCES, { merchantId, importIds: runs.map(({ id }) => id) });
  return runs.length;
}
