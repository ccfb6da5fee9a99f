import { and, eq, inArray, isNotNull, isNull, sql, type Column, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import {
  build,
  customerImportErrors,
  customerImportIds,
  customerImportLogs,
  ONE,
  parkedEvents,
  programSettings,
  statement,
  webhookEvents,
  type Tx,
} from '@core/db';
import { PRIVACY_TOPICS } from '../privacy-topics.ts';
import { ofWhichShop, WHICH_SHOP, type WhichShop } from './which-shop.ts';

/** What a shop's redaction removes of each place, for its receipt; the customers and the keys come after them. */
export const REMOVED: Readonly<Record<string, readonly string[]>> = {
  customer_import_logs: ['runs under way: cancelled'],
  import_schedules: ['rows'],
  shopify_connections: ['rows'],
  customer_import_errors: ['rows'],
  customer_import_ids: ['rows'],
  webhook_events: ['body'],
  parked_events: ['rows'],
  program_settings: ['rows'],
};

const runIsOfShop = (importId: Column, p: WhichShop): SQL => sql`(${p.shop} is null or exists (
  select from ${customerImportLogs} where ${and(
    eq(customerImportLogs.id, importId),
    eq(customerImportLogs.merchantId, p.merchantId),
    eq(customerImportLogs.shop, p.shop),
  )}))`;

/** Each removes no more than a step may. */
const PLACES = [
  [
    'customer_import_errors',
    statement({
      params: WHICH_SHOP,
      row: ONE,
      text(p, row) {
        const held = alias(customerImportErrors, 'held');
        const some = build
          .select({ id: held.id })
          .from(held)
          .where(and(eq(held.merchantId, p.merchantId), runIsOfShop(held.importId, p)))
          .limit(2_000);
        const { merchantId, id } = customerImportErrors;
        return build
          .delete(customerImportErrors)
          .where(and(eq(merchantId, p.merchantId), inArray(id, some)))
          .returning(row);
      },
    }),
  ],
  [
    'customer_import_ids',
    statement({
      params: WHICH_SHOP,
      row: ONE,
      text(p, row) {
        const held = alias(customerImportIds, 'held');
        const some = build
          .select({ importId: held.importId, slice: held.slice, page: held.page })
          .from(held)
          .where(and(eq(held.merchantId, p.merchantId), runIsOfShop(held.importId, p)))
          .limit(500);
        const { merchantId, importId, slice, page } = customerImportIds;
        return build
          .delete(customerImportIds)
          .where(and(eq(merchantId, p.merchantId), sql`(${importId}, ${slice}, ${page}) in ${some}`))
          .returning(row);
      },
    }),
  ],
  [
    // Redactions that wait are done first, or this one would be none. While customers stay, so does what was asked for
    // them, and what was given up of it: it is still to be done.
    'webhook_events',
    statement({
      params: WHICH_SHOP,
      row: ONE,
      text(p, row) {
        const { merchantId, id, body, outcome, topic } = webhookEvents;
        const some = build
          .select({ id })
          .from(webhookEvents)
          .where(
            and(
              ofWhichShop(webhookEvents, p),
              isNotNull(body),
              sql`not (${outcome} is null and ${topic} = 'shop/redact')`,
              sql`(${p.shop} is null or ${topic} not in ${PRIVACY_TOPICS})`,
            ),
          )
          .limit(1_000);
        return build
          .update(webhookEvents)
          .set({ body: null, nameMarks: null, outcome: 'ignored', error: null, finishedAt: sql`now()` })
          .where(and(eq(merchantId, p.merchantId), isNotNull(body), inArray(id, some)))
          .returning(row);
      },
    }),
  ],
  [
    'parked_events',
    statement({
      params: WHICH_SHOP,
      row: ONE,
      text(p, row) {
        const { merchantId, id } = parkedEvents;
        const some = build.select({ id }).from(parkedEvents).where(eq(merchantId, p.merchantId)).limit(1_000);
        return build
          .delete(parkedEvents)
          .where(and(eq(merchantId, p.merchantId), isNull(p.shop), inArray(id, some)))
          .returning(row);
      },
    }),
  ],
  [
    'program_settings',
    statement({
      params: WHICH_SHOP,
      row: ONE,
      text: (p, row) =>
        build
          .delete(programSettings)
          .where(and(eq(programSettings.merchantId, p.merchantId), isNull(p.shop)))
          .returning(row),
    }),
  ],
] as const;

/** @returns null when nothing is left */
export async function removeSome(
  tx: Tx,
  merchantId: string,
  shop: string | undefined,
): Promise<{ place: string; removed: number } | null> {
  for (const [place, remove] of PLACES) {
    const { length: removed } = await tx.run(remove, { merchantId, shop });
    if (removed > 0) return { place, removed };
  }
  return null;
}
