import { sql, type SQL } from 'drizzle-orm';
import { Topic, type CustomerId, type MerchantId } from '@core/contracts';
import { OUTBOX_SHARDS, outboxCurrentPartition, outboxEvents } from './schema/index.ts';
import {
  insertSelect,
  many,
  statement,
  text,
  unnest,
  withFields,
  type Statement,
} from './statement/index.ts';
import type { Tx } from './transaction.ts';

export type Origin = 'api' | 'import' | 'rfm' | 'privacy' | 'webhook' | 'replay';

// Outbox: docs/glossary.md#events.
/** One change of one customer, as it is published in an event. No PII: names of fields, never values. */
export interface CustomerChange {
  merchantId: MerchantId;
  customerId: CustomerId;
  /** 1 is a creation and becomes customer.created. */
  version: number;
  changedFields: readonly string[];
  origin: Origin;
  /** W3C trace context of the call or event that made the change; it becomes a header of the record. */
  traceparent?: string | undefined;
}

/** The channel on which the relay is notified of new events. */
export const OUTBOX_CHANNEL = 'outbox';

/** The fields of events, in SQL. */
type ChangeRows = Readonly<
  Record<'merchantId' | 'customerId' | 'version' | 'changedFields' | 'origin' | 'traceparent', SQL>
>;

/**
 * Returns SQL that appends the events of changes within the statement that makes them (`with written as
 * (insert into customers ... returning ...)`). This saves a round trip, and no ids are sent back and forth.
 * Run it with runWithEvents.
 * @param rows a FROM item that reads what the write returned, so that the rows' locks are held. A version is
 *   then appended after the earlier ones are committed, on which the relay relies.
 */
export function appendEvents(rows: ChangeRows): SQL {
  const { merchantId, customerId, version, changedFields, origin, traceparent } = rows;
  return sql`${insertSelect(outboxEvents, {
    partition: sql`(select ${outboxCurrentPartition.partition} from ${outboxCurrentPartition})`,
    shard: sql`abs(hashtext(${customerId}::text)::bigint) % ${OUTBOX_SHARDS}`,
    topic: sql`case ${version} when 1 then ${Topic.customerCreated} else ${Topic.customerUpdated} end`,
    merchantId,
    customerId,
    version,
    changedFields,
    origin,
    traceparent,
  })} from ${rows}`;
}

const APPEND = statement({
  name: 'append_to_outbox',
  params: {
    merchantIds: many(outboxEvents.merchantId),
    customerIds: many(outboxEvents.customerId),
    versions: many(outboxEvents.version),
    fields: many(text),
    origins: many(outboxEvents.origin),
    traceparents: many(outboxEvents.traceparent),
  },
  text(p) {
    const change = unnest('change', {
      merchantId: p.merchantIds,
      customerId: p.customerIds,
      version: p.versions,
      fields: p.fields,
      origin: p.origins,
      traceparent: p.traceparents,
    });
    const changedFields = sql<string[]>`string_to_array(${change.fields}, ',')`;
    return appendEvents(withFields(change, { changedFields }));
  },
});

/**
 * Writes the events of the changes into the current partition, in the caller's transaction. Call it after the
 * rows are written: with their locks held, a version is appended after the earlier ones are committed. The
 * relay is notified after COMMIT.
 */
export async function appendToOutbox(tx: Tx, changes: readonly CustomerChange[]): Promise<void> {
  if (changes.length === 0) return;
  await runWithEvents(tx, APPEND, {
    merchantIds: changes.map((change) => change.merchantId),
    customerIds: changes.map((change) => change.customerId),
    versions: changes.map((change) => change.version),
    fields: changes.map((change) => change.changedFields.join(',')),
    origins: changes.map((change) => change.origin),
    traceparents: changes.map((change) => change.traceparent),
  });
}

/**
 * Runs a statement that contains appendEvents, and notifies the relay after COMMIT. Besides appendToOutbox
 * this is the only way to append.
 */
export async function runWithEvents<P, R>(tx: Tx, statement: Statement<P, R>, parameters: P): Promise<R[]> {
  const rows = await tx.run(statement, ...([parameters] as never));
  tx.notify(OUTBOX_CHANNEL);
  return rows;
}
