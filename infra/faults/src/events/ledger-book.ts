import { Topic } from '@core/contracts';
import type { ConsumedRecord } from '@core/events';
import type { Ledger, LedgerEvent } from '@core/testing';
import type { FaultStack } from './stack.ts';

/** Copies every outbox row, in its own transaction: a row that is rolled back leaves no trace here either. */
export async function openLedgerBook({ owner }: Pick<FaultStack, 'owner'>): Promise<void> {
  await owner.query(`
    create table outbox_ledger (event_id uuid, customer_id uuid, version int);
    create function note_outbox_row() returns trigger language plpgsql security definer as $$
    begin
      insert into outbox_ledger values (new.event_id, new.customer_id, new.version);
      return null;
    end $$;
    create trigger trg_outbox_ledger after insert on outbox_events
      for each row execute function note_outbox_row()`);
}

/** What PostgreSQL and Kafka hold, to be checked. */
export async function readLedgerBook({
  owner,
  kafka,
}: Pick<FaultStack, 'owner' | 'kafka'>): Promise<Pick<Ledger, 'versions' | 'outbox' | 'records'>> {
  const { rows: customers } = await owner.query<{ id: string; version: number }>(
    'select id, version from customers',
  );
  const { rows: outbox } = await owner.query<LedgerEvent>(
    `select event_id as "eventId", customer_id as "customerId", version from outbox_ledger`,
  );
  const records: LedgerEvent[] = [];
  // Creations first: the two topics have no order between them.
  for (const topic of [Topic.customerCreated, Topic.customerUpdated]) {
    for await (const record of kafka.read(topic)) records.push(toEvent(record));
  }
  return { versions: new Map(customers.map(({ id, version }) => [id, version])), outbox, records };
}

function toEvent({ value }: ConsumedRecord): LedgerEvent {
  const body = JSON.parse(String(value)) as { event_id: string; customer_id: string; version: number };
  return { eventId: body.event_id, customerId: body.customer_id, version: body.version };
}
