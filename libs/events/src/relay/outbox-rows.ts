import { customerTopic, eventHeaders, TRACEPARENT } from '@core/contracts';
import type { Pool } from '@core/db';
import type { EventRecord } from '../kafka-client.ts';
import type { Lease } from './leases.ts';

export interface OutboxRow {
  /** bigint */
  id: string;
  event_id: string;
  merchant_id: string;
  customer_id: string;
  version: number;
  changed_fields: string[];
  origin: string;
  traceparent: string | null;
  occurred_at: Date;
}

/**
 * The oldest rows of a shard. Always from the start, never `id > last`: ids are given at INSERT and seen at
 * COMMIT, so a slow transaction's row appears behind a cursor that has passed it, and would be lost. A
 * customer's rows are in the order of its versions, because its row lock is held from id to commit; so what
 * is seen of a customer is always the beginning of what it has.
 */
export async function readOldest(pool: Pool, shard: number, limit: number): Promise<OutboxRow[]> {
  const { rows } = await pool.query<OutboxRow>({
    name: 'read_outbox',
    text: `select id, event_id, merchant_id, customer_id, version, changed_fields, origin, traceparent, occurred_at
             from outbox_events where shard = $1 order by id limit $2`,
    values: [shard, limit],
  });
  return rows;
}

/**
 * Deletes exactly the rows that Kafka has acknowledged, and only under our fence: locking the shard's row
 * puts this and another relay's claim in order, so a relay that lost its lease while it waited for Kafka
 * deletes nothing and its successor publishes the rows again.
 * @returns false when the fence is no longer ours
 */
export async function deletePublished(
  pool: Pool,
  lease: Lease,
  rows: readonly OutboxRow[],
): Promise<boolean> {
  const result = await pool.query<{ ours: boolean }>({
    name: 'delete_published',
    text: `with lease as (select shard from outbox_shards where shard = $1 and fence = $2 for share),
                published as (delete from outbox_events
                               where shard = $1 and id = any($3::bigint[]) and exists (select from lease))
           select exists (select from lease) as ours`,
    values: [lease.shard, lease.fence, rows.map(({ id }) => id)],
  });
  return result.rows[0]?.ours === true;
}

/**
 * Moves a row that Kafka refuses for good to outbox_refused, whole, in one statement and under our fence.
 * Rejected: a dead letter on a topic, which would have to leave out the part that is too large.
 * @returns false when the fence is no longer ours
 */
export async function setAside(pool: Pool, lease: Lease, row: OutboxRow, error: string): Promise<boolean> {
  const result = await pool.query<{ ours: boolean }>({
    name: 'set_aside',
    text: `with lease as (select shard from outbox_shards where shard = $1 and fence = $2 for share),
                refused as (delete from outbox_events e
                             where shard = $1 and id = $3 and exists (select from lease)
                            returning id, to_jsonb(e) as event),
                kept as (insert into outbox_refused (id, event, error) select id, event, $4 from refused)
           select exists (select from lease) as ours`,
    values: [lease.shard, lease.fence, row.id, error],
  });
  return result.rows[0]?.ours === true;
}

/**
 * An outbox row as the record of customer.created or customer.updated. The version decides between the two,
 * and not the row's topic column: otherwise the relay would publish on any topic that a writer inserts.
 */
export function toRecord(row: OutboxRow): EventRecord {
  const topic = customerTopic(row.version);
  const occurredAt = row.occurred_at.toISOString();
  return {
    topic,
    key: row.customer_id,
    headers: {
      ...eventHeaders(topic, row.event_id, occurredAt),
      ...(row.traceparent !== null && { [TRACEPARENT]: row.traceparent }),
    },
    value: JSON.stringify({
      event_id: row.event_id,
      merchant_id: row.merchant_id,
      customer_id: row.customer_id,
      version: row.version,
      changed_fields: row.changed_fields,
      origin: row.origin,
      occurred_at: occurredAt,
    }),
  };
}
