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

/** Number of shards of the outbox. A customer's events stay in one shard, so that one relay orders them. */
export const OUTBOX_SHARDS = 4;

/** Number of partitions of outbox_events. Writers append to one of them, see outboxCurrentPartition. */
export const OUTBOX_PARTITIONS = 3;

/**
 * Events to publish. They are written in the transaction of the change and deleted once Kafka has them. The
 * table is partitioned by `partition` into outbox_events_0, 1 and so on (in the baseline; Drizzle cannot
 * declare partitions).
 */
export const outboxEvents = pgTable(
  'outbox_events',
  {
    /**
     * The approximate age of the event: the oldest are published first. No guarantee of order depends on it,
     * and an id may be assigned twice: a customer's events are ordered by their versions, and rows are
     * deleted by their event_id (the relay's read-oldest.ts, outbox-rows.ts).
     */
    id: bigint('id', { mode: 'bigint' }).notNull().generatedAlwaysAsIdentity(),
    /** The default is for builds that do not write this column. */
    partition: smallint('partition').notNull().default(0),
    shard: smallint('shard').notNull(),
    eventId: uuid('event_id')
      .notNull()
      .default(sql`uuidv7()`),
    /** Implied by the version. The relay derives the topic from the version and does not read this column. */
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
  // No primary key: it would be a second index to write for each event, and ids are only looked up within a
  // shard.
  (t) => [
    index('idx_outbox_events_shard').on(t.shard, t.id),
    check(
      'ck_outbox_events_topic',
      sql`${t.version} >= 1 AND ${t.topic} = CASE ${t.version} WHEN 1 THEN 'customer.created' ELSE 'customer.updated' END`,
    ),
    check('ck_outbox_events_shard', sql`${t.shard} BETWEEN 0 AND ${sql.raw(String(OUTBOX_SHARDS - 1))}`),
    // A batch of the relay, 500 events, stays below the megabyte that Kafka accepts. The character sets
    // contain only characters that JSON and headers do not lengthen.
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

/**
 * Events that Kafka refuses permanently: complete rows of outbox_events. Later events of their customers were
 * published.
 */
export const outboxRefused = pgTable('outbox_refused', {
  /** The event_id of the row: its id in outbox_events may be assigned twice. */
  eventId: uuid('event_id').primaryKey(),
  event: jsonb('event').notNull(),
  error: varchar('error').notNull(),
  refusedAt: instant('refused_at').notNull().defaultNow(),
});

/**
 * One row: the partition that writers append to. The other partitions drain, and are truncated once empty.
 */
export const outboxCurrentPartition = pgTable('outbox_current_partition', {
  partition: smallint('partition').primaryKey(),
});

/** The lease of each shard's relay. A relay may delete only while its fencing token equals `fence`. */
export const outboxShards = pgTable('outbox_shards', {
  shard: smallint('shard').primaryKey(),
  owner: varchar('owner'),
  fence: bigint('fence', { mode: 'number' }).notNull().default(0),
  leaseUntil: instant('lease_until'),
});

/** Events already applied. A second delivery finds the row and does nothing. */
export const inboxEvents = pgTable(
  'inbox_events',
  {
    consumer: varchar('consumer').notNull(),
    /** Topic, source, id and merchant as one text, see EventClaim; the bare id in rows of earlier builds. */
    eventId: varchar('event_id').notNull(),
    /** Digest of the event's content; null in rows of earlier builds. */
    digest: bytea('digest'),
    processedAt: instant('processed_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.consumer, t.eventId] }),
    index('idx_inbox_events_processed_at').on(t.processedAt),
  ],
);

/** Deferred events: their customer is not known yet. No PII. */
export const parkedEvents = pgTable(
  'parked_events',
  {
    id: uuid('id')
      .notNull()
      .default(sql`uuidv7()`),
    consumer: varchar('consumer').notNull(),
    /** The same key as in the inbox. */
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
    /** The time at which it becomes a dead letter. */
    giveUpAt: instant('give_up_at').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    unique('parked_events_merchant_consumer_event_id').on(t.merchantId, t.consumer, t.eventId),
    // The worker claims the oldest events across all merchants.
    index('idx_parked_events_consumer').on(t.consumer, t.id),
    index('idx_parked_events_give_up_at').on(t.giveUpAt),
  ],
);

/**
 * An operator's decision about a dead letter: Kafka keeps the record itself until its retention ends. Or the
 * decision `stepped_over` about a record of a source topic that cannot be read.
 */
export const deadLetterResolutions = pgTable(
  'dead_letter_resolutions',
  {
    /** The position of the dead letter, or of the record that cannot be read. */
    topic: varchar('topic').notNull(),
    partition: integer('partition').notNull(),
    recordOffset: bigint('record_offset', { mode: 'bigint' }).notNull(),
    resolution: varchar('resolution').$type<'redriven' | 'dropped' | 'stepped_over'>().notNull(),
    actor: varchar('actor').notNull(),
    resolvedAt: instant('resolved_at').notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.topic, t.partition, t.recordOffset] })],
);
