import { getTableName, sql } from 'drizzle-orm';
import {
  build,
  columns,
  outboxEvents,
  outboxRefused,
  outboxCurrentPartition,
  outboxShards,
  relation,
  statement,
  type Reader,
  type RowOf,
} from '@core/db';

// Operators see these names of fields.

const { shard, owner, fence, leaseUntil } = outboxShards;

const WAITING = {
  shard: outboxEvents.shard,
  backlog: sql<number>`count(*)`,
  oldest: sql<Date>`min(${outboxEvents.occurredAt})`,
};
const waiting = relation('waiting', WAITING);

const SHARD_STATUS = {
  shard,
  /** Events that wait for Kafka. */
  backlog: sql<number>`coalesce(${waiting.backlog}, 0)::int`,
  /** The age of the event that waits longest; null when none does. */
  oldest_seconds: sql<number | null>`extract(epoch from now() - ${waiting.oldest})::float8`,
  /** host/pid/id of the relay; null when no relay holds it. */
  holder: owner,
  /** The time until its lease expires; negative once it has expired. */
  lease_seconds: sql<number | null>`extract(epoch from ${leaseUntil} - now())::float8`,
  fence,
};
export type ShardStatus = RowOf<typeof SHARD_STATUS>;

const SHARDS = statement({
  crosses: 'statistics',
  row: SHARD_STATUS,
  text: (_, row) => sql`
    select ${row} from ${outboxShards}
      left join (select ${columns(WAITING)} from ${outboxEvents} group by ${WAITING.shard}) as ${waiting}
        on ${waiting.shard} = ${shard}
     order by ${shard}`,
});

const LEAF = {
  oid: sql<number>`inhrelid`,
  partition: sql<number>`substring(inhrelid::regclass::text from ${'\\d+$'})::int`,
};
const leaf = relation('leaf', LEAF);
const FILLED = { oid: sql<number>`tableoid`, events: sql<number>`count(*)` };
const filled = relation('filled', FILLED);

const PARTITION_STATUS = {
  partition: leaf.partition,
  /** Whether writers append to it. */
  current: sql<boolean>`${leaf.partition} = (select ${outboxCurrentPartition.partition} from ${outboxCurrentPartition})`,
  events: sql<number>`coalesce(${filled.events}, 0)::int`,
  /**
   * The size of rows and index, including dead ones. A drained partition shrinks to almost nothing at its
   * turn.
   */
  bytes: sql<number>`pg_total_relation_size(${leaf.oid})::float8`,
};
export type PartitionStatus = RowOf<typeof PARTITION_STATUS>;

/** tableoid identifies the leaf that contains a row. Leaves without a row must be listed, too. */
const PARTITIONS = statement({
  crosses: 'statistics',
  row: PARTITION_STATUS,
  text: (_, row) => sql`
    select ${row}
      from (select ${columns(LEAF)} from pg_inherits
             where inhparent = ${getTableName(outboxEvents)}::regclass) as ${leaf}
      left join (select ${columns(FILLED)} from ${outboxEvents} group by tableoid) as ${filled}
        on ${filled.oid} = ${leaf.oid}
     order by ${leaf.partition}`,
});

const REFUSED_SUMMARY = {
  events: sql<number>`count(*)::int`,
  /** The time since the first one was refused; null when there is none. */
  oldest_seconds: sql<number | null>`extract(epoch from now() - min(${outboxRefused.refusedAt}))::float8`,
};
/** The figures of the events that Kafka has refused permanently. */
export type RefusedSummary = RowOf<typeof REFUSED_SUMMARY>;

const REFUSED = statement({
  row: REFUSED_SUMMARY,
  text: (_, row) => build.select(row).from(outboxRefused),
});

export interface OutboxStatus {
  shards: ShardStatus[];
  partitions: PartitionStatus[];
  refused: RefusedSummary;
}

/** Reads the status of the outbox, by PostgreSQL's clock. */
export async function readOutboxStatus(reader: Reader): Promise<OutboxStatus> {
  const shards = await reader.run(SHARDS);
  const partitions = await reader.run(PARTITIONS);
  const [refused = { events: 0, oldest_seconds: null }] = await reader.run(REFUSED);
  return { shards, partitions, refused };
}
