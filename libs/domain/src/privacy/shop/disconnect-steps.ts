import { and, eq, notExists } from 'drizzle-orm';
import {
  build,
  importSchedules,
  ONE,
  segmentSyncs,
  shopDirectory,
  shopifyConnections,
  statement,
} from '@core/db';
import { endRuns, matchesShop, SHOP_OR_ALL } from '../../imports/index.ts';
import type { ShopStep } from '../held-place.ts';
import { stepOf } from './step-of.ts';

/** Why a run ended, in words for the merchant. */
const RUN_ENDED =
  'The data of the shop is being removed, as Shopify or the merchant has requested. ' +
  'Connect the shop again, then start a new import.';

/** See endRuns. */
export const cancelRuns: ShopStep = async (tx, _, { merchantId, progress: { whole, shop } }) => ({
  removed: await endRuns(tx, { merchantId, shop: whole ? null : (shop ?? null), reason: RUN_ENDED }),
});

const DELETE_SCHEDULES = statement({
  params: SHOP_OR_ALL,
  row: ONE,
  text: (p, row) => build.delete(importSchedules).where(matchesShop(importSchedules, p)).returning(row),
});

export const removeSchedules = stepOf(DELETE_SCHEDULES);

const DELETE_ENTRIES = statement({
  params: SHOP_OR_ALL,
  row: ONE,
  text: (p, row) => build.delete(shopDirectory).where(matchesShop(shopDirectory, p)).returning(row),
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

const DELETE_SEGMENT_SYNCS = statement({
  params: SHOP_OR_ALL,
  row: ONE,
  text: (p, row) => build.delete(segmentSyncs).where(matchesShop(segmentSyncs, p)).returning(row),
});
/** A process that is writing segments stores nothing any more. */
export const removeSegmentSyncs = stepOf(DELETE_SEGMENT_SYNCS);
