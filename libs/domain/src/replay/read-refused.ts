import { and, asc, eq, sql, type SQL } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { build, customers, limit, outboxRefused, statement, type Reader, type RowOf } from '@core/db';

const eventField = (field: string): SQL => sql`(${outboxRefused.event} ->> ${field})`;
const merchantId = sql<MerchantId>`${eventField('merchant_id')}::uuid`;
const customerId = sql<CustomerId>`${eventField('customer_id')}::uuid`;
const isItsCustomer = and(eq(customers.merchantId, merchantId), eq(customers.id, customerId));

/**
 * A refused event by the names that operators see. Without its body: its author may have put anything into
 * it.
 */
const REFUSED_EVENT = {
  /** Id of its former row in outbox_events; bigint. */
  id: sql<string>`${eventField('id')}`,
  event_id: outboxRefused.eventId,
  merchant_id: merchantId,
  customer_id: customerId,
  version: sql<number>`${eventField('version')}::int`,
  refused_at: outboxRefused.refusedAt,
  /** Kafka's error. */
  error: outboxRefused.error,
  /** Whether the customer exists, so that a new event can be appended for it. */
  has_customer: sql<boolean>`exists (select from ${customers} where ${isItsCustomer})`,
};

/** An event that Kafka has refused permanently. */
export type RefusedEvent = RowOf<typeof REFUSED_EVENT>;

const READ = statement({
  crosses: 'operators',
  params: { most: limit },
  row: REFUSED_EVENT,
  text: (p, row) =>
    build
      .select(row)
      .from(outboxRefused)
      .orderBy(asc(outboxRefused.refusedAt), asc(outboxRefused.eventId))
      .limit(p.most),
});

/** Returns refused events, the oldest first. */
export const readRefused = (reader: Reader, input: { most: number }): Promise<RefusedEvent[]> =>
  reader.run(READ, input);
