import { and, asc, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import {
  auditLog,
  build,
  customerImportErrors,
  customerImportIds,
  customerImportLogs,
  customers,
  int8,
  many,
  oneOf,
  parkedEvents,
  privacyRequests,
  relation,
  returning,
  statement,
  type RowOf,
} from '@core/db';
import { auditIds } from '../audit/index.ts';
import { mergedWith } from '../customers/index.ts';

// The rows of an export. The person sees these field names, whatever the columns are called.

const CUSTOMER = {
  id: customers.id,
  external_id: customers.externalId,
  email: customers.email,
  email_hash: sql<string | null>`encode(${customers.emailHash}, 'hex')`,
  metadata: customers.metadata,
  rfm_score: customers.rfmScore,
  version: customers.version,
  source_updated_at: customers.sourceUpdatedAt,
  merged_into: customers.mergedInto,
  deleted_at: customers.deletedAt,
  created_at: customers.createdAt,
  updated_at: customers.updatedAt,
};
export type ExportedCustomer = RowOf<typeof CUSTOMER>;

/** The customers that are one person with these ids, excluding erased ones. */
export const READ_CUSTOMERS = statement({
  params: { merchantId: customers.merchantId, ids: many(customers.id) },
  row: CUSTOMER,
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(
        and(
          eq(customers.merchantId, p.merchantId),
          inArray(customers.id, sql`(${mergedWith(p)})`),
          isNull(customers.erasedAt),
        ),
      )
      .orderBy(asc(customers.id)),
});

export const READ_IMPORT_ERRORS = statement({
  params: {
    merchantId: customerImportErrors.merchantId,
    externalIds: many(customerImportErrors.externalId),
  },
  row: {
    import_id: customerImportErrors.importId,
    external_id: customerImportErrors.externalId,
    reason: customerImportErrors.reason,
    occurred_at: customerImportErrors.occurredAt,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportErrors)
      .where(
        and(
          eq(customerImportErrors.merchantId, p.merchantId),
          oneOf(customerImportErrors.externalId, p.externalIds),
        ),
      )
      .orderBy(asc(customerImportErrors.id)),
});

export const READ_IMPORT_IDS = statement({
  params: { merchantId: customerImportIds.merchantId, numbers: many(int8) },
  row: {
    import_id: customerImportIds.importId,
    slice: customerImportIds.slice,
    page: customerImportIds.page,
  },
  text(p, row) {
    const { merchantId, importId, slice, page, ids } = customerImportIds;
    const runs = build
      .select({ id: customerImportLogs.id })
      .from(customerImportLogs)
      .where(eq(customerImportLogs.merchantId, p.merchantId));
    return build
      .select(row)
      .from(customerImportIds)
      .where(and(eq(merchantId, p.merchantId), sql`${ids} && ${p.numbers}`, inArray(importId, runs)))
      .orderBy(asc(importId), asc(slice), asc(page));
  },
});

export const READ_PARKED_EVENTS = statement({
  params: { merchantId: parkedEvents.merchantId, customerIds: many(parkedEvents.customerId) },
  row: {
    topic: parkedEvents.topic,
    body: parkedEvents.body,
    parked_at: parkedEvents.parkedAt,
    give_up_at: parkedEvents.giveUpAt,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(parkedEvents)
      .where(and(eq(parkedEvents.merchantId, p.merchantId), oneOf(parkedEvents.customerId, p.customerIds)))
      .orderBy(asc(parkedEvents.id)),
});

export const READ_PRIVACY_REQUESTS = statement({
  params: { merchantId: privacyRequests.merchantId, customerIds: many(privacyRequests.customerId) },
  row: {
    request_id: privacyRequests.requestId,
    kind: privacyRequests.kind,
    received_at: privacyRequests.receivedAt,
    due_at: privacyRequests.dueAt,
    completed_at: privacyRequests.completedAt,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(privacyRequests)
      .where(
        and(eq(privacyRequests.merchantId, p.merchantId), oneOf(privacyRequests.customerId, p.customerIds)),
      )
      .orderBy(asc(privacyRequests.receivedAt)),
});

/** Limit for a person's audit log, because the size of a message is bounded. ListAuditLog reads the rest. */
const MAX_AUDIT_ROWS = 1_000;

const AUDITED = { merchantId: auditLog.merchantId, customerIds: many(customers.id) };
const FROM_THE_NEWEST = sql`null::uuid`;

/** Leaves out the other customers that a row names: they are other people. */
export const READ_AUDIT_LOG = statement({
  params: AUDITED,
  row: {
    actor: auditLog.actor,
    action: auditLog.action,
    detail: auditLog.detail,
    request_id: auditLog.requestId,
    occurred_at: auditLog.occurredAt,
  },
  text(p, row) {
    const ids = auditIds({ ...p, before: FROM_THE_NEWEST, most: sql`${MAX_AUDIT_ROWS}` });
    return build
      .select(row)
      .from(auditLog)
      .where(and(eq(auditLog.merchantId, p.merchantId), inArray(auditLog.id, sql`(${ids})`)))
      .orderBy(desc(auditLog.id))
      .limit(MAX_AUDIT_ROWS);
  },
});

export const COUNT_AUDIT_LOG = statement({
  params: AUDITED,
  text(p) {
    const found = relation('found', { id: auditLog.id });
    const ids = auditIds({ ...p, before: FROM_THE_NEWEST, most: sql`null::integer` });
    return returning(
      { n: sql<number>`count(distinct ${found.id})::int` },
      (row) => sql`select ${row} from (${ids}) as ${found}`,
    );
  },
});
