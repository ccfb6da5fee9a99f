import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  uniqueIndex,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

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

const quoted = (values: readonly string[]) => sql.raw(values.map((value) => `'${value}'`).join(', '));
const count = (name: string) => bigint(name, { mode: 'number' }).notNull().default(0);

/** One row per import run. Its counters are the sums of its slices'. */
export const customerImportLogs = pgTable(
  'customer_import_logs',
  {
    id: uuid('id')
      .primaryKey()
      .default(sql`uuidv7()`),
    merchantId: uuid('merchant_id').notNull(),
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
    createdAt: instant('created_at').notNull().defaultNow(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (t) => [
    index('idx_customer_import_logs_merchant').on(t.merchantId, t.id),
    uniqueIndex('uq_customer_import_logs_active')
      .on(t.merchantId, t.shop)
      .where(sql`${t.status} in (${quoted(ACTIVE_STATUSES)})`),
    check('ck_customer_import_logs_status', sql`${t.status} in (${quoted(IMPORT_STATUSES)})`),
  ],
);

/** A range of a run with a cursor of its own: one cursor chain is strictly sequential. */
export const customerImportSlices = pgTable(
  'customer_import_slices',
  {
    importId: uuid('import_id').notNull(),
    slice: smallint('slice').notNull(),
    merchantId: uuid('merchant_id').notNull(),
    /** Shopify's search query of the range; empty for the whole shop. */
    range: varchar('range').notNull().default(''),
    /** Where the next page begins; null before the first. */
    cursor: varchar('cursor'),
    /** Pages committed. */
    page: integer('page').notNull().default(0),
    done: boolean('done').notNull().default(false),
    /** Raised whenever the slice is handed out anew; a job with an older one writes nothing. */
    fence: integer('fence').notNull().default(0),
    /** Until then the slice is somebody's; past it the reconciler hands it out anew. */
    leaseUntil: instant('lease_until'),
    read: count('read'),
    created: count('created'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    skipped: count('skipped'),
    failed: count('failed'),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.importId, t.slice] }),
    foreignKey({ columns: [t.importId], foreignColumns: [customerImportLogs.id] }),
  ],
);

/** Rows that could not be imported as they came. No PII: the external id and a reason. */
export const customerImportErrors = pgTable(
  'customer_import_errors',
  {
    id: uuid('id')
      .primaryKey()
      .default(sql`uuidv7()`),
    importId: uuid('import_id').notNull(),
    merchantId: uuid('merchant_id').notNull(),
    externalId: varchar('external_id').notNull(),
    reason: varchar('reason').notNull(),
    occurredAt: instant('occurred_at').notNull().defaultNow(),
  },
  (t) => [
    index('idx_customer_import_errors_import').on(t.merchantId, t.importId, t.id),
    uniqueIndex('uq_customer_import_errors_once').on(t.importId, t.externalId, t.reason),
  ],
);

export const shopifyConnections = pgTable(
  'shopify_connections',
  {
    merchantId: uuid('merchant_id').notNull(),
    shop: varchar('shop').notNull(),
    /** AES-256-GCM under the merchant's data key. */
    accessToken: varchar('access_token').notNull(),
    refreshToken: varchar('refresh_token'),
    expiresAt: instant('expires_at'),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.shop] }),
    // A webhook names the shop alone, so a shop belongs to one merchant.
    uniqueIndex('uq_shopify_connections_shop').on(t.shop),
  ],
);
