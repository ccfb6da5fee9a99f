import { and, asc, eq, inArray, notExists, sql } from 'drizzle-orm';
import {
  build,
  customerImportLogs,
  customerImportSlices,
  importSchedules,
  many,
  ONE,
  oneOf,
  shopDirectory,
  shopifyConnections,
  statement,
} from '@core/db';
import { isActive, isSliceOfRun } from '../../imports/index.ts';
import type { ShopStep } from '../held-place.ts';
import { stepOf } from './step-of.ts';
import { matchesShop, SHOP_OR_ALL } from './shop-filter.ts';

const END_RUNS = statement({
  params: SHOP_OR_ALL,
  row: { id: customerImportLogs.id },
  text: (p, row) =>
    build
      .update(customerImportLogs)
      .set({ status: 'cancelled', finishedAt: sql`now()`, waitingReason: null })
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

/**
 * Cancels the runs immediately, including pages that are being read right now: their fences are raised, so
 * they write nothing. Rejected: the status `cancelling`, on which an importer would first have to act, and
 * which asks a shop that has left to stop its bulk operation.
 */
export const endRuns: ShopStep = async (tx, _, { merchantId, progress: { whole, shop } }) => {
  const which = { merchantId, shop: whole ? null : shop };
  // Locked before the runs, as every page does.
  await tx.run(LOCK_SLICES, which);
  const runs = await tx.run(END_RUNS, which);
  await tx.run(RAISE_FENCES, { merchantId, importIds: runs.map(({ id }) => id) });
  return { removed: runs.length };
};

const DELETE_SCHEDULES = statement({
  params: SHOP_OR_ALL,
  row: ONE,
  text: (p, row) => build.delete(importSchedules).where(matchesShop(importSchedules, p)).returning(row),
});

export const removeSchedules = stepOf(DELETE_SCHEDULES);

const DELETE_ENTRIES = statement({
  params: SHOP_OR_ALL,
  row: ONE,
  text(p, row) {
    // The directory is searched by shop alone.
    const shops = build
      .select({ shop: shopifyConnections.shop })
      .from(shopifyConnections)
      .where(matchesShop(shopifyConnections, p));
    return build
      .delete(shopDirectory)
      .where(and(eq(shopDirectory.merchantId, p.merchantId), inArray(shopDirectory.shop, shops)))
      .returning(row);
  },
});
export const removeEntries = stepOf(DELETE_ENTRIES);

const DELETE_CONNECTIONS = statement({
  params: SHOP_OR_ALL,
  // The worker may not read tokens, so it cannot return every column.
  row: ONE,
  text(p, row) {
    // A shop that was connected after the entries were removed has an entry and stays.
    const entry = build
      .select(ONE)
      .from(shopDirectory)
      .where(
        and(eq(shopDirectory.merchantId, p.merchantId), eq(shopDirectory.shop, shopifyConnections.shop)),
      );
    return build
      .delete(shopifyConnections)
      .where(and(matchesShop(shopifyConnections, p), notExists(entry)))
      .returning(row);
  },
});
export const removeConnections = stepOf(DELETE_CONNECTIONS);
