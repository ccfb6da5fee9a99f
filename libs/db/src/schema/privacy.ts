import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';
import { bytea, customerId, instant, merchantId, xid8 } from './columns.ts';

/** Envelope keys: random 256-bit data and index keys, wrapped by a key of CORE_ENCRYPTION_KEYS. */
export const merchantKeys = pgTable(
  'merchant_keys',
  {
    merchantId: merchantId().notNull(),
    /** Stands in front of every ciphertext made with this row's data key. */
    generation: integer('generation').notNull(),
    /** `<keyring id>.<base64 of nonce, tag, ciphertext>`; null once destroyed. */
    dataKey: varchar('data_key'),
    /** The same key in every generation, wrapped for each: hashes in tombstones cannot be made again. */
    indexKey: varchar('index_key'),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** The shop was redacted: everything made with these keys is unreadable for good. */
    destroyedAt: instant('destroyed_at'),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.generation] }),
    check(
      'ck_merchant_keys_destroyed',
      sql`(${t.destroyedAt} is null) = (${t.dataKey} is not null and ${t.indexKey} is not null)`,
    ),
  ],
);

/** How far a merchant's rows have come on their way to a new generation of its data key. */
export const keyRotations = pgTable(
  'key_rotations',
  {
    merchantId: merchantId().notNull(),
    /** Where they go to. */
    generation: integer('generation').notNull(),
    /** Customers up to this id are done; null at the start. */
    cursor: customerId('cursor'),
    rows: bigint('rows', { mode: 'number' }).notNull().default(0),
    startedAt: instant('started_at').notNull().defaultNow(),
    finishedAt: instant('finished_at'),
  },
  (t) => [primaryKey({ columns: [t.merchantId, t.generation] })],
);

/** Requests about a person or a shop, with the receipt of what was done. No PII. */
export const privacyRequests = pgTable(
  'privacy_requests',
  {
    merchantId: merchantId().notNull(),
    requestId: varchar('request_id').notNull(),
    /** unknown: its kind or its subject is undetermined. It waits until it is sent again or cancelled. */
    kind: varchar('kind').$type<'redact' | 'data_request' | 'shop_redact' | 'unknown'>().notNull(),
    /** Null when the person is unknown here, and for a redact that waits. */
    customerId: customerId(),
    /** The identifiers in a data_request: the hashes of a tombstone, under the merchant's index key. */
    namedEmail: bytea('named_email'),
    namedExternalId: bytea('named_external_id'),
    receipt: jsonb('receipt').$type<Record<string, unknown>>().notNull(),
    receivedAt: instant('received_at').notNull().defaultNow(),
    /** Thirty days after it was received, as the laws and Shopify ask. */
    dueAt: instant('due_at')
      .notNull()
      .default(sql`now() + interval '30 days'`),
    completedAt: instant('completed_at'),
    /** shop_redact only: no step runs before; null until the worker has scheduled it. */
    notBefore: instant('not_before'),
    /** shop_redact only: it arrived with so many others that an operator has to confirm it. */
    heldAt: instant('held_at'),
    confirmedAt: instant('confirmed_at'),
    /** An operator has cancelled it; completed_at stays null, because it was not done. */
    cancelledAt: instant('cancelled_at'),
    /** One of CANCEL_REASONS. */
    cancelReason: varchar('cancel_reason'),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.requestId] }),
    index('idx_privacy_requests_pending')
      .on(t.dueAt)
      .where(sql`${t.completedAt} is null`),
  ],
);

export const erasureTombstones = pgTable(
  'erasure_tombstones',
  {
    merchantId: merchantId().notNull(),
    /** The hashed identifier: email, external_id. */
    kind: varchar('kind').$type<'email' | 'external_id'>().notNull(),
    /** HMAC-SHA-256 under the merchant's index key. */
    hash: bytea('hash').notNull(),
    requestId: varchar('request_id').notNull(),
    erasedAt: instant('erased_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.merchantId, t.kind, t.hash] })],
);

/** The most customers that one audit row names: their ids are 36 KB as text. */
export const MOST_CUSTOMERS_OF_AUDIT = 1_000;

/** SQL of the digest of an audit row's customers. */
export const CUSTOMERS_SHA256 = `encode(sha256(convert_to(array_to_string(customer_ids, ','), 'UTF8')), 'hex')`;

/** Append-only: no role of an app may update or delete. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: uuid('id')
      .notNull()
      .default(sql`uuidv7()`),
    merchantId: merchantId().notNull(),
    customerId: customerId(),
    /**
     * Several customers that one row names instead. Only the partial index below has them: rows without them
     * cost nothing. `detail.customers_sha256` is their digest, because seals cover the detail (hash-rows.ts).
     */
    customerIds: customerId('customer_ids').array(),
    /** The caller's identity, or the app and its job. */
    actor: varchar('actor').notNull(),
    /** The action, such as customer.create. */
    action: varchar('action').notNull(),
    /** Field names, counts and digests of ids, never values of a person. */
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull().default({}),
    requestId: varchar('request_id').notNull(),
    occurredAt: instant('occurred_at').notNull().defaultNow(),
    /** The transaction that wrote it: once all up to an id have ended, no further row of theirs can come. */
    xid: xid8('xid')
      .notNull()
      .default(sql`pg_current_xact_id()`),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    index('idx_audit_log_customer')
      .on(t.merchantId, t.customerId, t.id)
      .where(sql`${t.customerId} is not null`),
    index('idx_audit_log_xid').on(t.xid, t.id),
    // The limit is in KiB: the writer that fills the list of pending entries moves them all to the index. With
    // the default of 4 MiB that takes up to 0.3 s, with 1 MiB 0.08 s, at equal cost on average (ADR 19).
    index('idx_audit_log_customers')
      .using('gin', t.customerIds)
      .with({ gin_pending_list_limit: 1024 })
      .where(sql`${t.customerIds} is not null`),
    // A longer list could make a row larger than any reply, and nobody could read past it.
    check(
      'ck_audit_log_customers',
      sql`${t.customerIds} is null or (${t.customerId} is null and array_ndims(${t.customerIds}) = 1
      and cardinality(${t.customerIds}) between 2 and ${sql.raw(String(MOST_CUSTOMERS_OF_AUDIT))}
      and array_position(${t.customerIds}, null) is null)`,
    ),
    // Otherwise a role that appends rows could have the build before seal a detail that this one does not find.
    check(
      'ck_audit_log_customers_sha256',
      sql`(${t.detail} ->> 'customers_sha256') is not distinct from
      (case when ${t.customerIds} is not null then ${sql.raw(CUSTOMERS_SHA256)} end)`,
    ),
  ],
);

/**
 * A chain over the audit log of this database, whose transactions it counts: each seal covers the rows of the
 * transactions from `from_xid` up to `to_xid` (exclusive), all of which had ended. Only the role core_sealer
 * writes it.
 */
export const auditSeals = pgTable('audit_seals', {
  /** 1, 2, 3, without a gap. */
  seq: bigint('seq', { mode: 'number' }).primaryKey(),
  fromXid: xid8('from_xid').notNull(),
  toXid: xid8('to_xid').notNull(),
  rows: bigint('rows', { mode: 'number' }).notNull(),
  /** SHA-256 over the rows in the order of their transactions and ids. */
  rowsHash: bytea('rows_hash').notNull(),
  /** The hash of the seal before; 32 zero bytes for the first. */
  previousHash: bytea('previous_hash').notNull(),
  /** SHA-256 over all of the above. */
  hash: bytea('hash').notNull(),
  sealedAt: instant('sealed_at').notNull().defaultNow(),
});
