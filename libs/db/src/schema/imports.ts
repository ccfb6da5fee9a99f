import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  uniqueIndex,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';
import { bytea, importId, instant, merchantId } from './columns.ts';
import { shopifyConnections } from './shops.ts';

export const IMPORT_STATUSES = [
  'pending',
  'running',
  'paused',
  'cancelling',
  'cancelled',
  'completed',
  'completed_with_errors',
  'incomplete',
  'failed',
] as const;
export type ImportStatus = (typeof IMPORT_STATUSES)[number];

/** A run in one of these holds its shop: no second one starts. */
export const ACTIVE_STATUSES = ['pending', 'running', 'paused', 'cancelling'] as const;

/** A run in one of these has ended before it was complete: it can be resumed. */
export const BROKEN_OFF_STATUSES = ['cancelled', 'failed', 'incomplete'] as const;

const quoted = (values: readonly string[]) => sql.raw(values.map((value) => `'${value}'`).join(', '));
const count = (name: string) => bigint(name, { mode: 'number' }).notNull().default(0);

/** One row per import run. Its counters are the sums of its slices'. */
export const customerImportLogs = pgTable(
  'customer_import_logs',
  {
    id: importId('id')
      .notNull()
      .default(sql`uuidv7()`),
    merchantId: merchantId().notNull(),
    shop: varchar('shop').notNull(),
    status: varchar('status').$type<ImportStatus>().notNull().default('pending'),
    source: varchar('source').$type<'auto' | 'bulk' | 'graphql' | 'rest'>().notNull().default('auto'),
    mode: varchar('mode').$type<'full' | 'delta'>().notNull().default('full'),
    /** The shop's own count when the run began. */
    expected: bigint('expected', { mode: 'number' }),
    /** Delta runs read what changed since then. */
    since: instant('since'),
    waitingReason: varchar('waiting_reason'),
    error: varchar('error'),
    /** Customers that were not stored as they came, by reason; null until the run has ended. The rows go in time. */
    rowErrors: jsonb('row_errors').$type<Record<string, number>>(),
    createdAt: instant('created_at').notNull().defaultNow(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    uniqueIndex('uq_customer_import_logs_active')
      .on(t.merchantId, t.shop)
      .where(sql`${t.status} in (${quoted(ACTIVE_STATUSES)})`),
    // Pruning looks among these, who are few, and not among all that ever ran.
    index('idx_customer_import_logs_broken_off')
      .on(t.finishedAt)
      .where(sql`${t.status} in (${quoted(BROKEN_OFF_STATUSES)})`),
    check('ck_customer_import_logs_status', sql`${t.status} in (${quoted(IMPORT_STATUSES)})`),
  ],
);

/**
 * plan: asks the shop's count, chooses the source, cuts the shop into `read` slices. read: imports a range.
 * reconcile: reads again what changed since the run began. ids: reads ids alone, when the count does not match.
 * verify: asks the shop for single ids (stored but not read, or found by `ids`), imports or deletes them.
 */
export const SLICE_KINDS = ['plan', 'read', 'reconcile', 'ids', 'verify'] as const;
export type SliceKind = (typeof SLICE_KINDS)[number];

/** A range of a run with a cursor of its own: one cursor chain is strictly sequential. */
export const customerImportSlices = pgTable(
  'customer_import_slices',
  {
    importId: importId().notNull(),
    slice: smallint('slice').notNull(),
    merchantId: merchantId().notNull(),
    /** The work of its pages: see SLICE_KINDS. */
    kind: varchar('kind').$type<SliceKind>().notNull().default('read'),
    /** The range of the shop that it covers, as SliceRange in JSON; empty for the whole shop. */
    range: varchar('range').notNull().default(''),
    /** Where the next page begins, as writeCursor of libs/shopify writes it; null before the first. */
    cursor: varchar('cursor'),
    /** Pages committed. */
    page: integer('page').notNull().default(0),
    done: boolean('done').notNull().default(false),
    /** Raised whenever the slice is handed out again; a job with an older one writes nothing. */
    fence: integer('fence').notNull().default(0),
    /** Until then a job has the slice; after that the reconciler hands it out again. */
    leaseUntil: instant('lease_until'),
    /** When its next page failed first; null once the shop has answered. In the row, for a page changes hands. */
    failingSince: instant('failing_since'),
    read: count('read'),
    created: count('created'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    skipped: count('skipped'),
    failed: count('failed'),
    /** Customers that the shop no longer has. */
    deleted: count('deleted'),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.importId, t.slice] }),
    foreignKey({
      name: 'customer_import_slices_run_fk',
      columns: [t.merchantId, t.importId],
      foreignColumns: [customerImportLogs.merchantId, customerImportLogs.id],
    }),
    check('ck_customer_import_slices_kind', sql`${t.kind} in (${quoted(SLICE_KINDS)})`),
  ],
);

/**
 * The ids each page saw, written with its checkpoint: the run's count is judged on sets of ids, not on sums. One row a
 * page, not one a customer; gone when the run is complete.
 */
export const customerImportIds = pgTable(
  'customer_import_ids',
  {
    importId: importId().notNull(),
    slice: smallint('slice').notNull(),
    page: integer('page').notNull(),
    merchantId: merchantId().notNull(),
    /** The number in gid://shopify/Customer/7. */
    ids: bigint('ids', { mode: 'number' }).array().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.importId, t.slice, t.page] }),
    foreignKey({
      name: 'customer_import_ids_run_fk',
      columns: [t.merchantId, t.importId],
      foreignColumns: [customerImportLogs.merchantId, customerImportLogs.id],
    }),
  ],
);

/** Rows that could not be imported as they came. No PII: the external id and a reason. */
export const customerImportErrors = pgTable(
  'customer_import_errors',
  {
    id: uuid('id')
      .notNull()
      .default(sql`uuidv7()`),
    importId: importId().notNull(),
    merchantId: merchantId().notNull(),
    externalId: varchar('external_id').notNull(),
    reason: varchar('reason').notNull(),
    occurredAt: instant('occurred_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.importId, t.id] }),
    // Pruning takes the oldest of all merchants: ids tell their time.
    index('idx_customer_import_errors_id').on(t.id),
    uniqueIndex('uq_customer_import_errors_once').on(t.merchantId, t.importId, t.externalId, t.reason),
  ],
);

/** When a shop is imported by itself. BullMQ's job schedulers are rebuilt from here. */
export const importSchedules = pgTable(
  'import_schedules',
  {
    merchantId: merchantId().notNull(),
    shop: varchar('shop').notNull(),
    /** Five fields of cron. */
    cron: varchar('cron').notNull(),
    /** IANA name, such as Europe/Berlin. */
    timeZone: varchar('time_zone').notNull().default('UTC'),
    mode: varchar('mode').$type<'full' | 'delta'>().notNull().default('delta'),
    enabled: boolean('enabled').notNull().default(true),
    /** The time of the firing that was served last; null before the first. */
    lastDueAt: instant('last_due_at'),
    /** The run it started last, and why it could not start one. */
    lastImportId: importId('last_import_id'),
    lastError: varchar('last_error'),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.shop] }),
    foreignKey({
      columns: [t.merchantId, t.shop],
      foreignColumns: [shopifyConnections.merchantId, shopifyConnections.shop],
      // One that is set while its connection is removed goes with it.
    }).onDelete('cascade'),
  ],
);

/**
 * Webhooks as they came, durable before Shopify is answered. The row outlives its body: it is what a second delivery
 * of the same event is known by.
 */
export const webhookEvents = pgTable(
  'webhook_events',
  {
    id: uuid('id')
      .notNull()
      .default(sql`uuidv7()`),
    merchantId: merchantId().notNull(),
    shop: varchar('shop').notNull(),
    topic: varchar('topic').notNull(),
    /**
     * The same over retries, and over the two topics of one merge; for a second webhook with this id and
     * another body, the id and a part of its hash.
     */
    eventId: varchar('event_id').notNull(),
    /** Keyed hash of the body, which outlives it; null: stored by an earlier build. */
    bodyHash: bytea('body_hash'),
    /** The privacy request that was written down with it; null: none, or stored by an earlier build. */
    requestId: varchar('request_id'),
    /** AES-256-GCM under the merchant's data key, as `<generation>.<encrypted>`; null once applied. */
    body: varchar('body'),
    /** Four bytes each of the keyed hashes of all that the body may name somebody by; null: none are known, or no body. */
    nameMarks: integer('name_marks').array(),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: instant('next_attempt_at').notNull().defaultNow(),
    /** applied, ignored or failed; null while it waits. */
    outcome: varchar('outcome').$type<'applied' | 'ignored' | 'failed'>(),
    /** Why it failed: a code, no PII. */
    error: varchar('error'),
    receivedAt: instant('received_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    uniqueIndex('uq_webhook_events_once').on(t.merchantId, t.shop, t.topic, t.eventId),
    // In the order in which the webhooks of a shop are taken.
    index('idx_webhook_events_waiting')
      .on(t.merchantId, t.shop, t.id)
      .where(sql`${t.outcome} is null`),
    // An erasure opens them, to see which persons they are about.
    index('idx_webhook_events_held')
      .on(t.merchantId, t.id)
      .where(sql`${t.body} is not null`),
    index('idx_webhook_events_received_at').on(t.receivedAt),
  ],
);
