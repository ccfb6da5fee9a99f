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

/** A caller, the merchant's schedule, or the daily reconciliation with what webhooks may have missed. */
export type ImportTrigger = 'caller' | 'schedule' | 'reconciliation';

/** A run in one of these statuses blocks its shop: no second run starts. */
export const ACTIVE_STATUSES = ['pending', 'running', 'paused', 'cancelling'] as const;

/** A run in one of these statuses ended before it was complete: it can be resumed. */
export const RESUMABLE_STATUSES = ['cancelled', 'failed', 'incomplete'] as const;

const quoted = (values: readonly string[]) => sql.raw(values.map((value) => `'${value}'`).join(', '));
const count = (name: string) => bigint(name, { mode: 'number' }).notNull().default(0);

/** One row per import run. The counters of a run are the sums of the counters of its slices. */
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
    /** Why it was started; null: by an earlier build. */
    trigger: varchar('trigger').$type<ImportTrigger>(),
    /** The shop's own count when the run started. */
    expected: bigint('expected', { mode: 'number' }),
    /** Delta runs read the changes since this time. */
    since: instant('since'),
    /** Whether emails are withheld, so that the run reads customers without them; null: not asked yet. */
    emailsWithheld: boolean('emails_withheld'),
    waitingReason: varchar('waiting_reason'),
    error: varchar('error'),
    /**
     * The number of customers that were not stored as received, by reason; null until the run has ended. It
     * outlives the rows in customer_import_errors.
     */
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
    // Pruning searches only these few runs, not all runs ever made.
    index('idx_customer_import_logs_broken_off')
      .on(t.finishedAt)
      .where(sql`${t.status} in (${quoted(RESUMABLE_STATUSES)})`),
    check('ck_customer_import_logs_status', sql`${t.status} in (${quoted(IMPORT_STATUSES)})`),
  ],
);

/**
 * - plan: requests the shop's count, chooses the source, and partitions the shop into `read` slices
 * - read: imports a range
 * - reconcile: reads again what changed since the run started
 * - ids: reads ids only, when the count does not match
 * - verify: requests single ids from the shop (stored but not read, or found by `ids`), then imports or
 *   deletes them
 */
export const SLICE_KINDS = ['plan', 'read', 'reconcile', 'ids', 'verify'] as const;
export type SliceKind = (typeof SLICE_KINDS)[number];

/** A range of a run with its own cursor: one cursor chain is strictly sequential. */
export const customerImportSlices = pgTable(
  'customer_import_slices',
  {
    importId: importId().notNull(),
    slice: smallint('slice').notNull(),
    merchantId: merchantId().notNull(),
    /** The kind of work that its pages do: see SLICE_KINDS. */
    kind: varchar('kind').$type<SliceKind>().notNull().default('read'),
    /** The range of the shop that it covers, as SliceRange in JSON; empty for the whole shop. */
    range: varchar('range').notNull().default(''),
    /**
     * The start of the next page, in the format of writeCursor in libs/shopify; null before the first page.
     */
    cursor: varchar('cursor'),
    /** Number of committed pages. */
    page: integer('page').notNull().default(0),
    done: boolean('done').notNull().default(false),
    /**
     * Fencing token, raised whenever the slice is handed out again; a job with an older one writes nothing.
     */
    fence: integer('fence').notNull().default(0),
    /** The end of a job's lease on the slice; after that the reconciler hands it out again. */
    leaseUntil: instant('lease_until'),
    /**
     * When its next page failed first; null once the shop has answered. It is stored because another process
     * may continue the page.
     */
    failingSince: instant('failing_since'),
    read: count('read'),
    created: count('created'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    skipped: count('skipped'),
    failed: count('failed'),
    /** Customers that the shop no longer has. */
    deleted: count('deleted'),
    /** In delta runs: the created and updated customers that a webhook should have brought. */
    missed: count('missed'),
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
 * The ids that each page contained, written with its checkpoint: the completeness of a run is judged on sets
 * of ids, not on sums. One row per page, not per customer; deleted when the run is complete.
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

/** Rows that could not be imported as received. No PII: the external id and a reason. */
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
    // Pruning deletes the oldest across all merchants: ids contain their time.
    index('idx_customer_import_errors_id').on(t.id),
    uniqueIndex('uq_customer_import_errors_once').on(t.merchantId, t.importId, t.externalId, t.reason),
  ],
);

/** When a shop is imported automatically. BullMQ's job schedulers are rebuilt from this table. */
export const importSchedules = pgTable(
  'import_schedules',
  {
    merchantId: merchantId().notNull(),
    shop: varchar('shop').notNull(),
    /** A cron expression of five fields. */
    cron: varchar('cron').notNull(),
    /** IANA name, such as Europe/Berlin. */
    timeZone: varchar('time_zone').notNull().default('UTC'),
    mode: varchar('mode').$type<'full' | 'delta'>().notNull().default('delta'),
    enabled: boolean('enabled').notNull().default(true),
    /** The due time that was handled last; null before the first. */
    lastDueAt: instant('last_due_at'),
    /** The last run that it started; `last_error` is the reason why it could not start one. */
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
      // A schedule that is created while its connection is removed is deleted with it.
    }).onDelete('cascade'),
  ],
);

/**
 * Webhooks as received, durable before Shopify gets its answer. The row outlives its body: it identifies a
 * second delivery of the same event.
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
     * The same for all retries, and for the two topics of one merge. For a second webhook with this id and
     * another body: the id and a part of its hash.
     */
    eventId: varchar('event_id').notNull(),
    /** When the event happened, by Shopify's clock; null: stored by an earlier build. */
    triggeredAt: instant('triggered_at'),
    /** Keyed hash of the body, kept longer than the body; null: stored by an earlier build. */
    bodyHash: bytea('body_hash'),
    /** The privacy request that was recorded with it; null: none, or stored by an earlier build. */
    requestId: varchar('request_id'),
    /** AES-256-GCM under the merchant's data key, as `<generation>.<encrypted>`; null once applied. */
    body: varchar('body'),
    /**
     * Four bytes of the keyed hash of each identifier by which the body may name a person; null: not known,
     * or no body.
     */
    nameMarks: integer('name_marks').array(),
    attempts: integer('attempts').notNull().default(0),
    nextAttemptAt: instant('next_attempt_at').notNull().defaultNow(),
    /** applied, ignored or failed; null while it waits. */
    outcome: varchar('outcome').$type<'applied' | 'ignored' | 'failed'>(),
    /** The reason for the failure: a code, no PII. */
    error: varchar('error'),
    receivedAt: instant('received_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    uniqueIndex('uq_webhook_events_once').on(t.merchantId, t.shop, t.topic, t.eventId),
    // In the order in which the webhooks of a shop are processed.
    index('idx_webhook_events_waiting')
      .on(t.merchantId, t.shop, t.id)
      .where(sql`${t.outcome} is null`),
    // An erasure decrypts these, to find the persons they are about.
    index('idx_webhook_events_held')
      .on(t.merchantId, t.id)
      .where(sql`${t.body} is not null`),
    index('idx_webhook_events_received_at').on(t.receivedAt),
    // Claimed before all others: a shop may have a long queue.
    index('idx_webhook_events_uninstalls')
      .on(t.merchantId, t.shop)
      .where(sql`${t.outcome} is null and ${t.topic} = 'app/uninstalled'`),
  ],
);
