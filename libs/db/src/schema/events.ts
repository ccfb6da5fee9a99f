import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  unique,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';
import { bytea, customerId, instant, merchantId } from './columns.ts';

/** Shards of the outbox; a customer's events stay in one, so that one relay orders them. */
export const OUTBOX_SHARDS = 4;

/** Leaves of outbox_events; writers append to one of them, see outboxCurrentPartition. */
export const OUTBOX_PARTITIONS = 3;

/**
 * Events to publish, written in the transaction of the change, deleted once Kafka has them. Partitioned by
 * partition into outbox_events_0 and up (in the baseline; Drizzle cannot declare partitions).
 */
export const outboxEvents = pgTable(
  'outbox_events',
  {
    /**
     * About how old the event is: the oldest go first. No order rests on it, and it may be given twice: a customer's events
     * go by their versions, and rows are deleted by their event's id (the relay's read-oldest.ts, outbox-rows.ts).
     */
    id: bigint('id', { mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
    /** The default is for builds that do not name it. */
    partition: smallint('partition').notNull().default(0),
    shard: smallint('shard').notNull(),
    eventId: uuid('event_id')
      .notNull()
      .default(sql`uuidv7()`),
    /** Implied by the version, from which the relay takes it. */
    topic: varchar('topic').notNull(),
    merchantId: merchantId().notNull(),
    customerId: customerId().notNull(),
    version: integer('version').notNull(),
    changedFields: varchar('changed_fields').array().notNull(),
    origin: varchar('origin').notNull(),
    /** W3C trace context of the call or event that made the change. */
    traceparent: varchar('traceparent'),
    occurredAt: instant('occurred_at').notNull().defaultNow(),
  },
  // No primary key: it would be a second index to write for each event, and ids are only looked up in a shard.
  (t) => [
    index('idx_outbox_events_shard').on(t.shard, t.id),
    check(
      'ck_outbox_events_topic',
      sql`${t.version} >= 1 AND ${t.topic} = CASE ${t.version} WHEN 1 THEN 'customer.created' ELSE 'customer.updated' END`,
    ),
    check('ck_outbox_events_shard', sql`${t.shard} BETWEEN 0 AND ${sql.raw(String(OUTBOX_SHARDS - 1))}`),
    // A batch of the relay's 500 events stays below the megabyte that Kafka accepts; the sets of characters
    // are those that JSON and headers do not lengthen.
    check(
      'ck_outbox_events_changed_fields',
      sql`cardinality(${t.changedFields}) <= 32 AND coalesce(array_ndims(${t.changedFields}), 1) = 1
      AND octet_length(array_to_string(${t.changedFields}, ',', '?')) <= 512
      AND array_to_string(${t.changedFields}, ',', '?') ~ '^[a-z0-9_,]*$'`,
    ),
    check('ck_outbox_events_origin', sql`${t.origin} ~ '^[a-z_]{1,32}$'`),
    check('ck_outbox_events_traceparent', sql`${t.traceparent} ~ '^[0-9A-Za-z-]{0,128}$'`),
  ],
);

/** Events that Kafka refuses for good: rows of outbox_events, whole. Their customers' next events went on. */
export const outboxRefused = pgTable('outbox_refused', {
  /** The event's: the row's id in outbox_events may be given twice. */
  eventId: uuid('event_id').primaryKey(),
  event: jsonb('event').notNull(),
  error: varchar('error').notNull(),
  refusedAt: instant('refused_at').notNull().defaultNow(),
});

/** One row: the partition that writers append to. The others drain, and are thrown away as files once empty. */
export const outboxCurrentPartition = pgTable('outbox_current_partition', {
  partition: smallint('partition').primaryKey(),
});

/** The lease of each shard's relay. A relay whose fence is not the row's may delete nothing. */
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
    /**
     * Topic, source, id and merchant as one text, see EventClaim; the bare id where an earlier build
     * wrote it.
     */
    eventId: varchar('event_id').notNull(),
    /** Digest of the event's content; null where an earlier build wrote it. */
    digest: bytea('digest'),
    processedAt: instant('processed_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.consumer, t.eventId] }),
    index('idx_inbox_events_processed_at').on(t.processedAt),
  ],
);

/** Events for a customer not known yet: its import may be on its way. No PII. */
export const parkedEvents = pgTable(
  'parked_events',
  {
    id: uuid('id')
      .notNull()
      .default(sql`uuidv7()`),
    consumer: varchar('consumer').notNull(),
    /** The same as in the inbox. */
    eventId: varchar('event_id').notNull(),
    topic: varchar('topic').notNull(),
    partition: integer('partition').notNull(),
    recordOffset: bigint('record_offset', { mode: 'bigint' }).notNull(),
    headers: jsonb('headers').$type<Record<string, string>>().notNull(),
    body: jsonb('body').notNull(),
    merchantId: merchantId().notNull(),
    customerId: customerId().notNull(),
    attempts: integer('attempts').notNull().default(1),
    parkedAt: instant('parked_at').notNull().defaultNow(),
    /** From then on it is a dead letter. */
    giveUpAt: instant('give_up_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    unique('parked_events_merchant_consumer_event_id').on(t.merchantId, t.consumer, t.eventId),
    // The worker takes the oldest of all merchants.
    index('idx_parked_events_consumer').on(t.consumer, t.id),
    index('idx_parked_events_give_up_at').on(t.giveUpAt),
  ],
);

/**
 * The decision of an operator about a dead letter: Kafka keeps the record itself until its retention ends. Or the
 * decision about a record of a source topic that cannot be read: `stepped_over`.
 */
export const deadLetterResolutions = pgTable(
  'dead_letter_resolutions',
  {
    /** The position is the dead letter's own, or that of the record that cannot be read. */
    topic: varchar('topic').notNull(),
    partition: integer('partition').notNull(),
    recordOffset: bigint('record_offset', { mode: 'bigint' }).notNull(),
    resolution: varchar('resolution').$type<'redriven' | 'dropped' | 'stepped_over'>().notNull(),
    actor: varchar('actor').notNull(),
    resolvedAt: instant('resolved_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.topic, t.partition, t.recordOffset] })],
);
