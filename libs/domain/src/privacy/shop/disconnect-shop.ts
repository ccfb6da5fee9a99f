import { and, asc, eq, sql } from 'drizzle-orm';
import {
  appendAudit,
  build,
  customerImportLogs,
  customerImportSlices,
  importSchedules,
  many,
  ONE,
  oneOf,
  shopifyConnections,
  statement,
  type Tx,
} from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { isActive } from '../../imports/index.ts';
import type { ShopProgress, ShopRedaction } from '../requests/shop-redaction.ts';
import { ofWhichShop, WHICH_SHOP } from './which-shop.ts';

const FIND_CONNECTIONS = statement({
  params: { merchantId: shopifyConnections.merchantId },
  row: { shop: shopifyConnections.shop },
  text: (p, row) =>
    build
      .select(row)
      .from(shopifyConnections)
      .where(eq(shopifyConnections.merchantId, p.merchantId))
      .orderBy(asc(shopifyConnections.shop)),
});

const DELETE_SCHEDULES = statement({
  params: WHICH_SHOP,
  row: ONE,
  text: (p, row) => build.delete(importSchedules).where(ofWhichShop(importSchedules, p)).returning(row),
});

const DELETE_CONNECTIONS = statement({
  params: WHICH_SHOP,
  // The worker may read no token, so not every column.
  row: ONE,
  text: (p, row) => build.delete(shopifyConnections).where(ofWhichShop(shopifyConnections, p)).returning(row),
});

/**
 * The first step of a shop's redaction: nothing comes from the shop from here on. Its runs end at once, with the pages
 * that are being read just now: their fences are raised, so they write nothing. Not by `cancelling`, on which an
 * importer would first have to act, and which asks a shop that has left to stop its bulk operation.
 */
export async function disconnectShop(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, requestId, progress }: ShopRedaction,
): Promise<ShopProgress> {
  const connected = await tx.run(FIND_CONNECTIONS, { merchantId });
  const whole = progress.shop === undefined || connected.every(({ shop }) => shop === progress.shop);
  const only = { merchantId, shop: whole ? null : progress.shop };
  const runs = await endRuns(tx, only);
  const schedules = await tx.run(DELETE_SCHEDULES, only);
  const connections = await tx.run(DELETE_CONNECTIONS, only);
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'privacy.shop_disconnect',
    detail: { request_id: requestId, imports: runs, shops: connections.length, whole },
  });
  return {
    ...progress,
    whole,
    removed: {
      customer_import_logs: runs,
      import_schedules: schedules.length,
      shopify_connections: connections.length,
    },
  };
}

const END_RUNS = statement({
  params: WHICH_SHOP,
  row: { id: customerImportLogs.id },
  text: (p, row) =>
    build
      .update(customerImportLogs)
      .set({ status: 'cancelled', finishedAt: sql`now()`, waitingReason: null })
      .where(and(ofWhichShop(customerImportLogs, p), isActive()))
      .returning(row),
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

async function endRuns(
  tx: Tx,
  only: { merchantId: string; shop: string | null | undefined },
): Promise<number> {
  const runs = await tx.run(END_RUNS, only);
  await tx.run(RAISE_FENCES, { merchantId: only.merchantId, importIds: runs.map(({ id }) => id) });
  return runs.length;
}
