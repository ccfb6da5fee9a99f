import type { Reader } from '@core/db';

/** An event that Kafka has refused for good, without its body: who appended it may have put anything there. */
export interface RefusedEvent {
  /** Of the row in outbox_refused; bigint. */
  id: string;
  event_id: string;
  merchant_id: string;
  customer_id: string;
  version: number;
  refused_at: Date;
  /** Kafka's answer. */
  error: string;
  /** Whether there is such a customer, of which a new event can be appended. */
  has_customer: boolean;
}

/** The oldest first. */
export const readRefused = (reader: Reader, limit: number): Promise<RefusedEvent[]> =>
  reader.query<RefusedEvent & Record<string, unknown>>(
    `select r.id, e.event_id, e.merchant_id, e.customer_id, e.version, r.refused_at, r.error,
            exists (select from customers c
                     where c.merchant_id = e.merchant_id and c.id = e.customer_id) as has_customer
       from outbox_refused r
            cross join lateral jsonb_to_record(r.event)
              as e (event_id uuid, merchant_id uuid, customer_id uuid, version int)
      order by r.id limit $1`,
    [limit],
  );

export interface RefusedSummary {
  events: number;
  /** Since the first one was refused; null when there is none. */
  oldest_seconds: number | null;
}

export async function summariseRefused(reader: Reader): Promise<RefusedSummary> {
  const [row] = await reader.query<RefusedSummary & Record<string, unknown>>(
    `select count(*)::int as events, extract(epoch from now() - min(refused_at))::float8 as oldest_seconds
       from outbox_refused`,
  );
  return { events: row?.events ?? 0, oldest_seconds: row?.oldest_seconds ?? null };
}
