import { sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { build, many, oneOf, outboxRefused, statement, type Actor, type Tx } from '@core/db';
import { appendReplayed } from './replay-customers.ts';

export interface Republished {
  /** Refused events that are gone. */
  removed: number;
  /** New events: one for each of their customers that there is. */
  appended: number;
}

const REMOVE = statement({
  params: { eventIds: many(outboxRefused.eventId) },
  row: {
    merchantId: sql<MerchantId>`${outboxRefused.event} ->> 'merchant_id'`,
    customerId: sql<CustomerId>`${outboxRefused.event} ->> 'customer_id'`,
  },
  text: (p, row) =>
    build.delete(outboxRefused).where(oneOf(outboxRefused.eventId, p.eventIds)).returning(row),
});

/**
 * Removes events that Kafka has refused for good, and appends an event of each of their customers as it is now.
 * Rejected: the refused row itself once more, whose fields Kafka would refuse again, and whose version may be behind
 * what was published since.
 * @param eventIds of refused events; one that somebody else has removed is passed over
 */
export async function republishRefused(
  tx: Tx,
  ctx: Actor,
  eventIds: readonly string[],
): Promise<Republished> {
  const removed = await tx.run(REMOVE, { eventIds });
  return { removed: removed.length, appended: await appendReplayed(tx, ctx, removed) };
}
