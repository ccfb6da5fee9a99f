import type { QueryResultRow } from 'pg';
import { Topic } from '@core/contracts';
import { OUTBOX_SHARDS } from './schema/index.ts';
import type { Tx } from './transaction.ts';

export type Origin = 'api' | 'import' | 'rfm' | 'privacy' | 'webhook' | 'replay';

/** One change of one customer, as it becomes an event. No PII: names of fields, never values. */
export interface CustomerChange {
  merchantId: string;
  customerId: string;
  /** 1 is a creation and becomes customer.created. */
  version: number;
  changedFields: readonly string[];
  origin: Origin;
  /** W3C trace context of the call or event that made the change; goes on as a header of the record. */
  traceparent?: string | undefined;
}

/** The relay listens on it: somebody has appended. */
export const OUTBOX_CHANNEL = 'outbox';

/**
 * Writes the changes' events in the caller's transaction, into the segment that is current. Call it after the rows are
 * written: their locks then keep a customer's events in the order of its versions. The relay is told after COMMIT.
 */
export async function appendToOutbox(tx: Tx, changes: readonly CustomerChange[]): Promise<void> {
  if (changes.length === 0) return;
  await writeWithEvents(
    tx,
    APPEND,
    [
      changes.map((change) => change.merchantId),
      changes.map((change) => change.customerId),
      changes.map((change) => change.version),
      changes.map((change) => change.changedFields.join(',')),
      changes.map((change) => change.origin),
      changes.map((change) => change.traceparent),
    ],
    'append_to_outbox',
  );
}

/**
 * Runs a statement that holds `appendEventsSql`, and has the relay told after COMMIT. Beside appendToOutbox there is no
 * other way to append.
 */
export async function writeWithEvents<R extends QueryResultRow>(
  tx: Tx,
  text: string,
  values: unknown[],
  name?: string,
): Promise<R[]> {
  const rows = await tx.query<R>(text, values, name);
  tx.announce(OUTBOX_CHANNEL);
  return rows;
}

/**
 * SQL that appends the events of changes, for writes that say them in the statement that makes them (`with written as
 * (insert into customers ... returning ...)`): a round trip less, and no ids sent back and forth.
 * @param from FROM item with merchant_id, customer_id, version, changed_fields (text[]), origin and traceparent,
 *   which must read what the write returned: the rows' locks are then held before the events get their ids
 */
export const appendEventsSql = (from: string): string => `
  insert into outbox_events (segment, shard, topic, merchant_id, customer_id, version, changed_fields, origin, traceparent)
  select (select segment from outbox_rotation),
         abs(hashtext(customer_id::text)::bigint) % ${OUTBOX_SHARDS},
         case version when 1 then '${Topic.customerCreated}' else '${Topic.customerUpdated}' end,
         merchant_id, customer_id, version, changed_fields, origin, traceparent
    from ${from}`;

const APPEND = appendEventsSql(`
    (select merchant_id, customer_id, version, string_to_array(fields, ',') as changed_fields, origin, traceparent
       from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[])
            as change (merchant_id, customer_id, version, fields, origin, traceparent)) as change`);
