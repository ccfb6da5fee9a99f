import { eventHeaders, Topic, TRACEPARENT } from '@core/contracts';
import type { ConsumedRecord } from '@core/events';
import type { Ledger, LedgerChange, LedgerEvent } from '@core/testing';
import type { FaultStack } from './stack.ts';

/**
 * Copies every outbox row in the transaction of that row: a row that is rolled back leaves no copy either.
 */
export async function createOutboxLedger({ owner }: Pick<FaultStack, 'owner'>): Promise<void> {
  await owner.query(`
    create table outbox_ledger (like outbox_events);
    create function copy_outbox_row() returns trigger language plpgsql security definer as $$
    begin
      insert into outbox_ledger select new.*;
      return null;
    end $$;
    create trigger trg_outbox_ledger after insert on outbox_events
      for each row execute function copy_outbox_row()`);
}

interface AppendedRow {
  event_id: string;
  topic: string;
  merchant_id: string;
  customer_id: string;
  version: number;
  changed_fields: string[];
  origin: string;
  traceparent: string | null;
  occurred_at: Date;
}

/** Reads the data in PostgreSQL and Kafka for the check. */
export async function readLedger({
  owner,
  kafka,
}: Pick<FaultStack, 'owner' | 'kafka'>): Promise<
  Pick<Ledger, 'versions' | 'changes' | 'outbox' | 'records'>
> {
  const { rows: customers } = await owner.query<{ id: string; version: number }>(
    'select id, version from customers',
  );
  const { rows: changes } = await owner.query<LedgerChange>(
    `select request_id as "requestId", customer_id as "customerId", (detail ->> 'version')::int as version
       from audit_log where detail ? 'version'`,
  );
  const { rows: appended } = await owner.query<AppendedRow>('select * from outbox_ledger');
  const records: LedgerEvent[] = [];
  // Creations first, because the two topics have no mutual order.
  for (const topic of [Topic.customerCreated, Topic.customerUpdated]) {
    for await (const record of kafka.read(topic)) records.push(toEvent(topic, record));
  }
  const versions = new Map(customers.map(({ id, version }) => [id, version]));
  return { versions, changes, outbox: appended.map(toCommitted), records };
}

/** Repeats the relay's mapping independently, so that the check detects a field that the relay mixes up. */
function toCommitted({ traceparent, ...row }: AppendedRow): LedgerEvent {
  const occurredAt = row.occurred_at.toISOString();
  return {
    eventId: row.event_id,
    customerId: row.customer_id,
    version: row.version,
    content: serializeContent({
      topic: row.topic,
      key: row.customer_id,
      headers: {
        ...eventHeaders(row.topic, row.event_id, occurredAt),
        ...(traceparent !== null && { [TRACEPARENT]: traceparent }),
      },
      body: [row.merchant_id, row.changed_fields, row.origin, occurredAt],
    }),
  };
}

function toEvent(topic: string, { key, headers, value }: ConsumedRecord): LedgerEvent {
  const body = JSON.parse(String(value)) as Omit<AppendedRow, 'occurred_at'> & { occurred_at: string };
  return {
    eventId: body.event_id,
    customerId: body.customer_id,
    version: body.version,
    content: serializeContent({
      topic,
      key: String(key),
      headers,
      body: [body.merchant_id, body.changed_fields, body.origin, body.occurred_at],
    }),
  };
}

interface EventContent {
  topic: string;
  key: string;
  headers: Record<string, string>;
  body: unknown[];
}

const serializeContent = ({ topic, key, headers, body }: EventContent): string =>
  JSON.stringify([topic, key, Object.entries(headers).sort(), body]);
