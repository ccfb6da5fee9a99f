import { and, eq, sql } from 'drizzle-orm';
import { customerTopic, eventHeaders, TRACEPARENT } from '@core/contracts';
import {
  build,
  columns,
  elementAt,
  insertSelect,
  many,
  oneOf,
  outboxEvents,
  outboxRefused,
  outboxShards,
  indexIn,
  relation,
  runOn,
  statement,
  type Placeholders,
  type Pool,
  type RowOf,
} from '@core/db';
import type { EventRecord } from '../kafka-client.ts';
import type { Lease } from './leases.ts';

const { shard, id, eventId } = outboxEvents;

export const OUTBOX_ROW = {
  id,
  eventId,
  merchantId: outboxEvents.merchantId,
  customerId: outboxEvents.customerId,
  version: outboxEvents.version,
  changedFields: outboxEvents.changedFields,
  origin: outboxEvents.origin,
  traceparent: outboxEvents.traceparent,
  occurredAt: outboxEvents.occurredAt,
};

export type OutboxRow = RowOf<typeof OUTBOX_ROW>;

const SHARD_LEASE = { shard: outboxShards.shard, fence: outboxShards.fence };

const leased = relation('leased', { shard: outboxShards.shard });
const isLeased = sql<boolean>`exists (select from ${leased})`;

/** Selects and locks the shard's row while it has our fence. */
const lockLease = (p: Placeholders<typeof SHARD_LEASE>) =>
  build
    .select(columns({ shard: outboxShards.shard }))
    .from(outboxShards)
    .where(and(eq(outboxShards.shard, p.shard), eq(outboxShards.fence, p.fence)))
    .for('share');

const DELETE = statement({
  name: 'delete_published',
  crosses: 'relay',
  params: { ...SHARD_LEASE, ids: many(id), eventIds: many(eventId) },
  row: { ours: isLeased },
  text: (p, row) => sql`
    with ${leased} as ${lockLease(p)},
    published as (
      delete from ${outboxEvents}
       where ${shard} = ${p.shard} and ${oneOf(id, p.ids)}
         and ${eventId} = ${elementAt(p.eventIds, indexIn(p.ids, id))} and ${isLeased})
    select ${row}`,
});

/**
 * Deletes exactly the rows that Kafka has acknowledged. Their events' ids are compared as well, because a
 * restored sequence may assign the id of a row that still waits. Rows are deleted only under our fence: the
 * lock on the shard's row orders this statement and another relay's claim. A relay that lost its lease while
 * it waited for Kafka therefore deletes nothing, and its successor publishes the rows again.
 * @returns false when the fence is no longer ours
 */
export async function deletePublished(
  pool: Pool,
  lease: Lease,
  rows: readonly OutboxRow[],
): Promise<boolean> {
  const byId = [...rows].sort((a, b) => (a.id < b.id ? -1 : 1));
  const [deleted] = await runOn(pool, DELETE, {
    ...lease,
    ids: byId.map(({ id }) => id),
    eventIds: byId.map(({ eventId }) => eventId),
  });
  return deleted?.ours === true;
}

const SET_ASIDE = statement({
  name: 'set_aside',
  crosses: 'relay',
  params: { ...SHARD_LEASE, id, eventId, error: outboxRefused.error },
  row: { ours: isLeased },
  text(p, row) {
    const event = { eventId, event: sql`to_jsonb(${outboxEvents})` };
    const refused = relation('refused', event);
    return sql`
    with ${leased} as ${lockLease(p)},
    ${refused} as (
      delete from ${outboxEvents}
       where ${shard} = ${p.shard} and ${id} = ${p.id} and ${eventId} = ${p.eventId} and ${isLeased}
      returning ${columns(event)}),
    kept as (${insertSelect(outboxRefused, { ...refused, error: p.error })} from ${refused})
    select ${row}`;
  },
});

/**
 * Moves a row that Kafka refuses permanently to outbox_refused: unchanged, in one statement and under our
 * fence. Rejected: a dead letter on a topic, which would have to leave out the part that is too large.
 * @returns false when the fence is no longer ours
 */
export async function moveToRefused(
  pool: Pool,
  lease: Lease,
  row: OutboxRow,
  error: string,
): Promise<boolean> {
  const [kept] = await runOn(pool, SET_ASIDE, { ...lease, id: row.id, eventId: row.eventId, error });
  return kept?.ours === true;
}

/**
 * Converts an outbox row to a record of customer.created or customer.updated. The version decides between the
 * two, not the row's topic column: otherwise the relay would publish on any topic that a writer inserts.
 */
export function toRecord(row: OutboxRow): EventRecord {
  const topic = customerTopic(row.version);
  const occurredAt = row.occurredAt.toISOString();
  return {
    topic,
    key: row.customerId,
    headers: {
      ...eventHeaders(topic, row.eventId, occurredAt),
      ...(row.traceparent !== null && { [TRACEPARENT]: row.traceparent }),
    },
    value: JSON.stringify({
      event_id: row.eventId,
      merchant_id: row.merchantId,
      customer_id: row.customerId,
      version: row.version,
      changed_fields: row.changedFields,
      origin: row.origin,
      occurred_at: occurredAt,
    }),
  };
}
