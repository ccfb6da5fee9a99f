import type { Reader } from '@core/db';
import { summariseRefused, type RefusedSummary } from './refused.ts';

export interface ShardStatus {
  shard: number;
  /** Events that wait for Kafka. */
  backlog: number;
  /** Of the one that waits longest; null when none does. */
  oldest_seconds: number | null;
  /** host/pid/id of the relay, null when nobody holds it. */
  holder: string | null;
  /** Until its lease runs out; below 0 it has. */
  lease_seconds: number | null;
  fence: number;
}

export interface SegmentStatus {
  segment: number;
  /** Writers append to it. */
  current: boolean;
  events: number;
  /** Rows and index, dead ones too: a drained segment falls back to almost nothing at its turn. */
  bytes: number;
}

export interface OutboxStatus {
  shards: ShardStatus[];
  segments: SegmentStatus[];
  refused: RefusedSummary;
}

/** How the outbox is, by PostgreSQL's clock. */
export async function readOutboxStatus(reader: Reader): Promise<OutboxStatus> {
  const shards = await reader.query<ShardStatus>(
    `select s.shard, coalesce(e.backlog, 0)::int as backlog,
            extract(epoch from now() - e.oldest)::float8 as oldest_seconds,
            s.owner as holder, extract(epoch from s.lease_until - now())::float8 as lease_seconds,
            s.fence::float8 as fence
       from outbox_shards s
       left join (select shard, count(*) as backlog, min(occurred_at) as oldest from outbox_events group by shard) e
         using (shard)
      order by s.shard`,
  );
  // tableoid names the leaf that a row is in; leaves without a row are still to be shown.
  const segments = await reader.query<SegmentStatus>(
    `select leaf.segment, leaf.segment = (select segment from outbox_rotation) as current,
            coalesce(e.events, 0)::int as events, pg_total_relation_size(leaf.oid)::float8 as bytes
       from (select inhrelid as oid, substring(inhrelid::regclass::text from '\\d+$')::int as segment
               from pg_inherits where inhparent = 'outbox_events'::regclass) leaf
       left join (select tableoid as oid, count(*) as events from outbox_events group by 1) e using (oid)
      order by leaf.segment`,
  );
  return { shards, segments, refused: await summariseRefused(reader) };
}
