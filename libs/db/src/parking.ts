import type { Pool } from './pool.ts';
import type { Tx } from './transaction.ts';

/** An event for a customer not known yet, with what is needed to handle it later or to give it up. */
export interface ParkedEvent {
  /** Its key in the inbox, see EventClaim; the bare id when the build before this one parked it. */
  claimedAs: string;
  topic: string;
  partition: number;
  offset: bigint;
  /** Without personal data, as the body. */
  headers: Record<string, string>;
  /** JSON. */
  body: string;
  merchantId: string;
  customerId: string;
}

export interface TakenEvent extends ParkedEvent {
  /** How often it was tried before. */
  attempts: number;
}

/** Parks events in the caller's transaction, which has claimed them in the inbox. */
export async function parkEvents(
  tx: Tx,
  consumer: string,
  events: readonly ParkedEvent[],
  waitSeconds: number,
): Promise<void> {
  if (events.length === 0) return;
  await tx.query(
    `insert into parked_events (consumer, event_id, topic, partition, record_offset, headers, body,
                                merchant_id, customer_id, give_up_at)
     select $1, given.*, now() + make_interval(secs => $2)
       from unnest($3::text[], $4::text[], $5::int[], $6::bigint[], $7::jsonb[], $8::jsonb[],
                   $9::uuid[], $10::uuid[]) as given
     on conflict (consumer, event_id) do nothing`,
    [
      consumer,
      waitSeconds,
      events.map((event) => event.claimedAs),
      events.map((event) => event.topic),
      events.map((event) => event.partition),
      events.map((event) => String(event.offset)),
      events.map((event) => JSON.stringify(event.headers)),
      events.map((event) => event.body),
      events.map((event) => event.merchantId),
      events.map((event) => event.customerId),
    ],
  );
}

// A taken row is deleted in the caller's transaction: rolled back, it is parked again. Rows that another
// process holds are passed over.
const takeSql = (which: string): string => `
  delete from parked_events where id in (
    select id from parked_events parked where consumer = $1 and ${which}
     order by id limit $2 for update skip locked)
  returning id, event_id as "claimedAs", topic, partition, record_offset as "offset", headers, body::text as body,
            merchant_id as "merchantId", customer_id as "customerId", attempts`;

const CUSTOMER_EXISTS = `exists (
  select from customers c where c.merchant_id = parked.merchant_id and c.id = parked.customer_id)`;

/** Takes the oldest events whose customer exists now, erased ones included. */
export const takeEventsToApply = (tx: Tx, consumer: string, most: number): Promise<TakenEvent[]> =>
  take(tx, takeSql(CUSTOMER_EXISTS), [consumer, most]);

/** Takes the oldest events that have waited long enough. */
export const takeExpiredEvents = (tx: Tx, consumer: string, most: number): Promise<TakenEvent[]> =>
  take(tx, takeSql('give_up_at <= now()'), [consumer, most]);

/** Takes one event, regardless of its customer's state. */
export const takeEvent = (tx: Tx, consumer: string, claimedAs: string): Promise<TakenEvent[]> =>
  take(tx, takeSql('event_id = $3'), [consumer, 1, claimedAs]);

async function take(tx: Tx, sql: string, values: unknown[]): Promise<TakenEvent[]> {
  const rows = await tx.query<Omit<TakenEvent, 'offset'> & { id: string; offset: string }>(sql, values);
  // DELETE returns them in any order; ids rise with time.
  return rows
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id: _, ...row }) => ({ ...row, offset: BigInt(row.offset) }));
}

/** Events that wait, by topic. */
export async function countParked(pool: Pool, consumer: string): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ topic: string; n: string }>(
    'select topic, count(*) as n from parked_events where consumer = $1 group by topic',
    [consumer],
  );
  return new Map(rows.map(({ topic, n }) => [topic, Number(n)]));
}
