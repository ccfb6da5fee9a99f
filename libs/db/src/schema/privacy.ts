import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, primaryKey, uuid, varchar } from 'drizzle-orm/pg-core';
import { bytea, instant } from './columns.ts';

/** Envelope keys: random 256-bit data and index keys, wrapped by a key of CORE_ENCRYPTION_KEYS. */
export const merchantKeys = pgTable(
  'merchant_keys',
  {
    merchantId: uuid('merchant_id').notNull(),
    /** Stands in front of every ciphertext made with this row's data key. */
    generation: integer('generation').notNull(),
    /** `<keyring id>.<base64 of nonce, ciphertext, tag>` */
    dataKey: varchar('data_key').notNull(),
    indexKey: varchar('index_key').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.merchantId, t.generation] })],
);

/** What was asked for a person or a shop, and the receipt of what was done. No PII. */
export const privacyRequests = pgTable(
  'privacy_requests',
  {
    merchantId: uuid('merchant_id').notNull(),
    requestId: varchar('request_id').notNull(),
    kind: varchar('kind').$type<'redact' | 'data_request' | 'shop_redact'>().notNull(),
    /** Null when the person is unknown here. */
    customerId: uuid('customer_id'),
    receipt: jsonb('receipt').$type<Record<string, unknown>>().notNull(),
    receivedAt: instant('received_at').notNull().defaultNow(),
    completedAt: instant('completed_at'),
  },
  (t) => [primaryKey({ columns: [t.merchantId, t.requestId] })],
);

export const erasureTombstones = pgTable(
  'erasure_tombstones',
  {
    merchantId: uuid('merchant_id').notNull(),
    /** What the hash is of: email, external_id. */
    kind: varchar('kind').$type<'email' | 'external_id'>().notNull(),
    /** HMAC-SHA-256 under the merchant's index key. */
    hash: bytea('hash').notNull(),
    requestId: varchar('request_id').notNull(),
    erasedAt: instant('erased_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.merchantId, t.kind, t.hash] })],
);

/** Append-only: no role of an app may update or delete. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: uuid('id')
      .primaryKey()
      .default(sql`uuidv7()`),
    merchantId: uuid('merchant_id').notNull(),
    customerId: uuid('customer_id'),
    /** Who: the caller's identity, or the app and its job. */
    actor: varchar('actor').notNull(),
    /** What, such as customer.create. */
    action: varchar('action').notNull(),
    /** Field names and counts, never values of a person. */
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull().default({}),
    requestId: varchar('request_id').notNull(),
    occurredAt: instant('occurred_at').notNull().defaultNow(),
  },
  (t) => [index('idx_audit_log_merchant').on(t.merchantId, t.id)],
);
