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
    /** The prefix of every ciphertext made with this row's data key. */
    generation: integer('generation').notNull(),
    /** `<keyring id>.<base64 of nonce, tag, ciphertext>`; null once destroyed. */
    dataKey: varchar('data_key'),
    /** The same key in every generation, wrapped for each: the hashes in tombstones cannot be recomputed. */
    indexKey: varchar('index_key'),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** The shop was redacted: everything encrypted with these keys is permanently unreadable. */
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

/** The progress of a merchant's rows to a new generation of its data key. */
export const keyRotations = pgTable(
  'key_rotations',
  {
    merchantId: merchantId().notNull(),
    /** The generation that the rows move to. */
    generation: integer('generation').notNull(),
    /** Customers up to this id are re-encrypted; null at the start. */
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
    /** `unknown`: its kind or its subject is undetermined. It waits until it is sent again or cancelled. */
    kind: varchar('kind').$type<'redact' | 'data_request' | 'shop_redact' | 'unknown'>().notNull(),
    /** Null when the person is unknown here, and for a redact that waits. */
    customerId: customerId(),
    /**
     * The identifiers in a data_request: hashes like those of a tombstone, under the merchant's index key.
     */
    namedEmail: bytea('named_email'),
    namedExternalId: bytea('named_external_id'),
    receipt: jsonb('receipt').$type<Record<string, unknown>>().notNull(),
    receivedAt: instant('received_at').notNull().defaultNow(),
    /** Thirty days after receipt, as the law and Shopify require. */
    dueAt: instant('due_at')
      .notNull()
      .default(sql`now() + interval '30 days'`),
    completedAt: instant('completed_at'),
    /** shop_redact only: no step runs before this time; null until the worker has scheduled it. */
    notBefore: instant('not_before'),
    /** shop_redact only: it arrived with so many others that an operator must confirm it. */
    heldAt: instant('held_at'),
    confirmedAt: instant('confirmed_at'),
    /** When an operator cancelled it; completed_at stays null, because it was not carried out. */
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
    /** The kind of identifier that was hashed. */
    kind: varchar('kind').$type<'email' | 'external_id'>().notNull(),
    /** HMAC-SHA-256 under the merchant's index key. */
    hash: bytea('hash').notNull(),
    requestId: varchar('request_id').notNull(),
    erasedAt: instant('erased_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.merchantId, t.kind, t.hash] })],
);

/** The maximum number of customers that one audit row names: their ids are 36 KB as text. */
export const MAX_CUSTOMERS_OF_AUDIT = 1_000;

/** SQL of the digest of an audit row's customers. */
export const CUSTOMERS_SHA256 = `encode(sha256(convert_to(array_to_string(customer_ids, ','), 'UTF8')), 'hex')`;

/** Append-only: no app's role may update or delete. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: uuid('id')
      .notNull()
      .default(sql`uuidv7()`),
    merchantId: merchantId().notNull(),
    customerId: customerId(),
    /**
     * The customers of a row that names several, instead of customer_id. Only such rows are in the partial
     * index below: the others cost nothing. `detail.customers_sha256` is their digest, because seals cover
     * the detail (hash-rows.ts).
     */
    customerIds: customerId('customer_ids').array(),
    /** The caller's identity, or the app and its job. */
    actor: varchar('actor').notNull(),
    /** The action, such as customer.create. */
    action: varchar('action').notNull(),
    /** Field names, counts and digests of ids, never a person's values. */
    detail: jsonb('detail').$type<Record<string, unknown>>().notNull().default({}),
    requestId: varchar('request_id').notNull(),
    occurredAt: instant('occurred_at').notNull().defaultNow(),
    /**
     * The transaction that wrote it: once all transactions up to an id have ended, no further row of theirs
     * can appear.
     */
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
    // The limit is in KiB. The writer that fills the list of pending entries moves them all to the index.
    // That takes up to 0.3 s with the default of 4 MiB, and 0.08 s with 1 MiB, at equal average cost (ADR
    // 19).
    index('idx_audit_log_customers')
      .using('gin', t.customerIds)
      .with({ gin_pending_list_limit: 1024 })
      .where(sql`${t.customerIds} is not null`),
    // A longer list could make a row larger than any reply, and no caller could read past it.
    check(
      'ck_audit_log_customers',
      sql`${t.customerIds} is null or (${t.customerId} is null and array_ndims(${t.customerIds}) = 1
      and cardinality(${t.customerIds}) between 2 and ${sql.raw(String(MAX_CUSTOMERS_OF_AUDIT))}
      and array_position(${t.customerIds}, null) is null)`,
    ),
    // Otherwise a role that appends rows could make the previous build seal a detail that this build does not
    // find.
    check(
      'ck_audit_log_customers_sha256',
      sql`(${t.detail} ->> 'customers_sha256') is not distinct from
      (case when ${t.customerIds} is not null then ${sql.raw(CUSTOMERS_SHA256)} end)`,
    ),
  ],
);

/**
 * A hash chain over the audit log of this database. Each seal covers the rows of the transactions from
 * `from_xid` up to `to_xid` (exclusive), all of which had ended. Transaction ids are those of this database.
 * Only the role core_sealer writes it.
 */
export const auditSeals = pgTable('audit_seals', {
  /** 1, 2, 3, without a gap. */
  seq: bigint('seq', { mode: 'number' }).primaryKey(),
  fromXid: xid8('from_xid').notNull(),
  toXid: xid8('to_xid').notNull(),
  rows: bigint('rows', { mode: 'number' }).notNull(),
  /** SHA-256 over the rows in the order of their transactions and ids. */
  rowsHash: bytea('rows_hash').notNull(),
  /** The hash of the previous seal; 32 zero bytes for the first. */
  previousHash: bytea('previous_hash').notNull(),
  /** SHA-256 over all of the above. */
  hash: bytea('hash').notNull(),
  sealedAt: instant('sealed_at').notNull().defaultNow(),
});
