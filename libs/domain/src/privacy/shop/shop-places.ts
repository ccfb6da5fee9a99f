import { and, eq, inArray, isNotNull, sql, type Column, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import {
  build,
  customerImportErrors,
  customerImportIds,
  customerImportLogs,
  ONE,
  parkedEvents,
  programSettings,
  segmentWrites,
  statement,
  webhookEvents,
} from '@core/db';
import { PRIVACY_TOPICS } from '../privacy-topics.ts';
import { matchesShop, SHOP_OR_ALL, type ShopFilter } from '../../imports/index.ts';
import { stepOf } from './step-of.ts';

// Removal steps of personal-data.ts: a shop's data, place by place. Each removes at most one batch.

const runIsOfShop = (importId: Column, p: ShopFilter): SQL => sql`(${p.shop} is null or exists (
  select from ${customerImportLogs} where ${and(
    eq(customerImportLogs.id, importId),
    eq(customerImportLogs.merchantId, p.merchantId),
    eq(customerImportLogs.shop, p.shop),
  )}))`;

const DELETE_IMPORT_ERRORS = statement({
  params: SHOP_OR_ALL,
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
});
export const removeImportErrors = stepOf(DELETE_IMPORT_ERRORS);

const DELETE_IMPORT_IDS = statement({
  params: SHOP_OR_ALL,
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
});
export const removeImportIds = stepOf(DELETE_IMPORT_IDS);

const DELETE_SEGMENT_WRITES = statement({
  params: SHOP_OR_ALL,
  row: ONE,
  text(p, row) {
    const held = alias(segmentWrites, 'held');
    const some = build
      .select({ syncId: held.syncId, customerId: held.customerId })
      .from(held)
      .where(matchesShop(held, p))
      .limit(2_000);
    const { merchantId, syncId, customerId } = segmentWrites;
    return build
      .delete(segmentWrites)
      .where(and(eq(merchantId, p.merchantId), sql`(${syncId}, ${customerId}) in ${some}`))
      .returning(row);
  },
});
export const removeSegmentWrites = stepOf(DELETE_SEGMENT_WRITES);

const IGNORE_WEBHOOKS = statement({
  params: SHOP_OR_ALL,
  row: ONE,
  text(p, row) {
    const { merchantId, id, body, outcome, topic } = webhookEvents;
    const some = build
      .select({ id })
      .from(webhookEvents)
      .where(
        and(
          matchesShop(webhookEvents, p),
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
});
/**
 * Deletes webhook bodies, except those of shop redactions that wait: they must be applied first, or they
 * would never take place. While customers stay, the privacy requests for them stay as well, including those
 * that were given up: they are still to be served.
 */
export const removeWebhookBodies = stepOf(IGNORE_WEBHOOKS);

const OF_MERCHANT = { merchantId: SHOP_OR_ALL.merchantId };

const DELETE_PARKED_EVENTS = statement({
  params: OF_MERCHANT,
  row: ONE,
  text(p, row) {
    const { merchantId, id } = parkedEvents;
    const some = build.select({ id }).from(parkedEvents).where(eq(merchantId, p.merchantId)).limit(1_000);
    return build
      .delete(parkedEvents)
      .where(and(eq(merchantId, p.merchantId), inArray(id, some)))
      .returning(row);
  },
});
export const removeParkedEvents = stepOf(DELETE_PARKED_EVENTS);

const DELETE_SETTINGS = statement({
  params: OF_MERCHANT,
  row: ONE,
  text: (p, row) =>
    build.delete(programSettings).where(eq(programSettings.merchantId, p.merchantId)).returning(row),
});
export const removeSettings = stepOf(DELETE_SETTINGS);
