import { and, asc, eq, sql, type SQL } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { build, customers, limit, outboxRefused, statement, type Reader, type RowOf } from '@core/db';

const told = (field: string): SQL => sql`(${outboxRefused.event} ->> ${field})`;
const merchantId = sql<MerchantId>`${told('merchant_id')}::uuid`;
const customerId = sql<CustomerId>`${told('customer_id')}::uuid`;
const isItsCustomer = and(eq(customers.merchantId, merchantId), eq(customers.id, customerId));

/** A refused event in operators' names, without its body, into which its author may have put anything. */
const REFUSED_EVENT = {
  /** Id of its former row in outbox_events; bigint. */
  id: sql<string>`${told('id')}`,
  event_id: outboxRefused.eventId,
  merchant_id: merchantId,
  customer_id: customerId,
  version: sql<number>`${told('version')}::int`,
  refused_at: outboxRefused.refusedAt,
  /** Kafka's answer. */
  error: outboxRefused.error,
  /** Whether there is such a customer, of which a new event can be appended. */
  has_customer: sql<boolean>`exists (select from ${customers} where ${isItsCustomer})`,
};

/** An event that Kafka has refused for good. */
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

/** The oldest first. */
export const readRefused = (reader: Reader, input: { most: number }): Promise<RefusedEvent[]> =>
  reader.run(READ, input);
