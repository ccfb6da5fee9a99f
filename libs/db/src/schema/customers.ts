import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, primaryKey, unique, varchar } from 'drizzle-orm/pg-core';
import { bytea, customerId, instant, merchantId } from './columns.ts';

/** The JSON in customers.rfm_score: snake_case, sequence as a string because it is a 64-bit number. */
export interface StoredRfmScore {
  recency: number;
  frequency: number;
  monetary: number;
  score: string;
  segment: string;
  previous_segment?: string;
  /** RFC 3339 in UTC, to the nanosecond; earlier builds truncated it to milliseconds. */
  as_of: string;
  sequence?: string;
  config_version?: number;
}

export const customers = pgTable(
  'customers',
  {
    id: customerId('id')
      .notNull()
      .default(sql`uuidv7()`),
    merchantId: merchantId().notNull(),
    /** In the canonical form of externalIdOf of @core/contracts, such as gid://shopify/Customer/7. */
    externalId: varchar('external_id'),
    /** `<key generation>.<base64 of pgp_sym_encrypt(merchant_id|customer_id|email)>`, never plain. */
    email: varchar('email'),
    /** Blind index: HMAC-SHA-256 of the normalized email under the merchant's index key. */
    emailHash: bytea('email_hash'),
    rfmScore: jsonb('rfm_score').$type<StoredRfmScore>(),
    metadata: jsonb('metadata').$type<Record<string, unknown>>(),
    version: integer('version').notNull().default(1),
    /** SHA-256 of the last content from the source; equal content writes nothing. */
    contentHash: bytea('content_hash'),
    sourceUpdatedAt: instant('source_updated_at'),
    deletedAt: instant('deleted_at'),
    erasedAt: instant('erased_at'),
    /** The customer that this one was merged into; a merged customer is deleted. */
    mergedInto: customerId('merged_into'),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** The clock's time, not the transaction's start: see libs/db/functions/announce_customer_changes.sql. */
    updatedAt: instant('updated_at')
      .notNull()
      .default(sql`clock_timestamp()`),
  },
  (t) => [
    // The primary key has the name of the index in the plan, because it is that index: a second one would be
    // written with every row.
    primaryKey({ name: 'idx_customers_merchant_id', columns: [t.merchantId, t.id] }),
    // An erasure uses it to find the customers that were merged into one.
    index('idx_customers_merged_into')
      .on(t.merchantId, t.mergedInto)
      .where(sql`${t.mergedInto} is not null`),
    // The name comes from the plan. Operators use this index for queries across merchants (ADR 12). No rpc
    // can use it: it contains no merchant and no order, and `@>` is not leakproof, so row-level security
    // evaluates it after the policy. Its cost for the updates of scores is measured in docs/scaling.md.
    index('idx_customers_rfm_score').using('gin', t.rfmScore),
    // Not partial on scored customers, although that would make imports some percent faster. A list by ranges
    // of scores used such an index as if it were in order, and sorted all of a merchant's customers.
    index('idx_customers_merchant_segment').on(t.merchantId, sql`(${t.rfmScore} ->> 'segment')`, t.id),
    index('idx_customers_merchant_updated_at').on(t.merchantId, t.updatedAt, t.id),
    // Customers that share an email with another: a few in some shops, none in most. Without this index,
    // finding them reads every customer. The hash, always null here, creates an order that no other index
    // has: PostgreSQL expects many rows, and would use the primary key otherwise.
    index('idx_customers_unindexed_email')
      .on(t.merchantId, t.emailHash, t.id)
      .where(sql`${t.email} is not null and ${t.emailHash} is null`),
    unique('uq_customers_merchant_email_hash').on(t.merchantId, t.emailHash),
    unique('uq_customers_merchant_external_id').on(t.merchantId, t.externalId),
  ],
);
