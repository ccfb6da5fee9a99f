import { sql } from 'drizzle-orm';
import { bigint, index, integer, pgTable, primaryKey, smallint, uuid, varchar } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/** Shards of the outbox; a customer's events stay in one, so their order does too. */
export const OUTBOX_SHARDS = 4;

/** Events to publish, written in the transaction of the change, deleted once Kafka has them. */
export const outboxEvents = pgTable(
  'outbox_events',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    shard: smallint('shard').notNull(),
    eventId: uuid('event_id')
      .notNull()
      .default(sql`uuidv7()`),
    topic: varchar('topic').notNull(),
    merchantId: uuid('merchant_id').notNull(),
    customerId: uuid('customer_id').notNull(),
    version: integer('version').notNull(),
    changedFields: varchar('changed_fields').array().notNull(),
    origin: varchar('origin').notNull(),
    occurredAt: instant('occurred_at').notNull().defaultNow(),
  },
  (t) => [index('idx_outbox_events_shard').on(t.shard, t.id)],
);

/** Who relays a shard. A relay whose fence is not the row's may delete nothing. */
export const outboxShards = pgTable('outbox_shards', {
  shard: smallint('shard').primaryKey(),
  owner: varchar('owner'),
  fence: bigint('fence', { mode: 'number' }).notNull().default(0),
  leaseUntil: instant('lease_until'),
});

/** Events already applied; the second delivery finds its row and does nothing. */
export const inboxEvents = pgTable(
  'inbox_events',
  {
    consumer: varchar('consumer').notNull(),
    eventId: varchar('event_id').notNull(),
    processedAt: instant('processed_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.consumer, t.eventId] }),
    index('idx_inbox_events_processed_at').on(t.processedAt),
  ],
);
