import { and, asc, eq, sql } from 'drizzle-orm';
import { customerTopic, eventHeaders, TRACEPARENT } from '@core/contracts';
import {
  build,
  columns,
  insertSelect,
  limit,
  many,
  oneOf,
  outboxEvents,
  outboxRefused,
  outboxShards,
  relation,
  runOn,
  statement,
  type Places,
  type Pool,
  type RowOf,
} from '@core/db';
import type { EventRecord } from '../kafka-client.ts';
import type { Lease } from './leases.ts';

const { shard, id } = outboxEvents;

const OUTBOX_ROW = {
  id,
  eventId: outboxEvents.eventId,
  merchantId: outboxEvents.merchantId,
  customerId: outboxEvents.customerId,
  version: outboxEvents.version,
  changedFields: outboxEvents.changedFields,
  origin: outboxEvents.origin,
  traceparent: outboxEvents.traceparent,
  occurredAt: outboxEvents.occurredAt,
};

export type OutboxRow = RowOf<typeof OUTBOX_ROW>;

const READ = statement({
  name: 'read_outbox',
  crosses: 'relay',
  params: { shard, most: limit },
  row: OUTBOX_ROW,
  text: (p, row) =>
    build.select(row).from(outboxEvents).where(eq(shard, p.shard)).orderBy(asc(id)).limit(p.most),
});

/**
 * The oldest rows of a shard. Always from the start, never `id > last`: ids are given at INSERT and seen at
 * COMMIT, so a slow transaction's row appears behind a cursor that has passed it, and would be lost. A
 * customer's rows are in the order of its versions, because its row lock is held from id to commit; so what
 * is seen of a customer is always the beginning of what it has.
 */
export const readOldest = (pool: Pool, shard: number, most: number): Promise<OutboxRow[]> =>
  runOn(pool, READ, { shard, most });

const LEASE = { shard: outboxShards.shard, fence: outboxShards.fence };

const leased = relation('leased', { shard: outboxShards.shard });
const isLeased = sql<boolean>`exists (select from ${leased})`;

/** The shard's row while it has our fence, locked. */
const lockLease = (p: Places<typeof LEASE>) =>
  build
    .select(columns({ shard: outboxShards.shard }))
    .from(outboxShards)
    .where(and(eq(outboxShards.shard, p.shard), eq(outboxShards.fence, p.fence)))
    .for('share');

const DELETE = statement({
  name: 'delete_published',
  crosses: 'relay',
  params: { ...LEASE, ids: many(id) },
  row: { ours: isLeased },
  text: (p, row) => sql`
    with ${leased} as ${lockLease(p)},
    published as (
      delete from ${outboxEvents}
       where ${shard} = ${p.shard} and ${oneOf(id, p.ids)} and ${isLeased})
    select ${row}`,
});

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
  const [deleted] = await runOn(pool, DELETE, { ...lease, ids: rows.map(({ id }) => id) });
  return deleted?.ours === true;
}

const SET_ASIDE = statement({
  name: 'set_aside',
  crosses: 'relay',
  params: { ...LEASE, id, error: outboxRefused.error },
  row: { ours: isLeased },
  text(p, row) {
    const event = { id, event: sql`to_jsonb(${outboxEvents})` };
    const refused = relation('refused', event);
    return sql`
    with ${leased} as ${lockLease(p)},
    ${refused} as (
      delete from ${outboxEvents}
       where ${shard} = ${p.shard} and ${id} = ${p.id} and ${isLeased}
      returning ${columns(event)}),
    kept as (${insertSelect(outboxRefused, { ...refused, error: p.error })} from ${refused})
    select ${row}`;
  },
});

/**
 * Moves a row that Kafka refuses for good to outbox_refused, whole, in one statement and under our fence.
 * Rejected: a dead letter on a topic, which would have to leave out the part that is too large.
 * @returns false when the fence is no longer ours
 */
export async function setAside(pool: Pool, lease: Lease, row: OutboxRow, error: string): Promise<boolean> {
  const [kept] = await runOn(pool, SET_ASIDE, { ...lease, id: row.id, error });
  return kept?.ours === true;
}

/**
 * An outbox row as the record of customer.created or customer.updated. The version decides between the two,
 * and not the row's topic column: otherwise the relay would publish on any topic that a writer inserts.
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
