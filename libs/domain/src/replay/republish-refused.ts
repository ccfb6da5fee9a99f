import { sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { build, many, oneOf, outboxRefused, statement, type Actor, type Tx } from '@core/db';
import { appendReplayed } from './replay-customers.ts';

export interface Republished {
  /** Number of refused events removed. */
  removed: number;
  /** Number of new events: one for each of their customers that exists. */
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
 * Removes events that Kafka has refused permanently, and appends an event of each of their customers as it is
 * now. Rejected: sending the refused row again. Kafka would refuse its fields again, and its version may be
 * older than those published since.
 * @param eventIds of refused events; one that another process has removed is skipped
 */
export async function republishRefused(
  tx: Tx,
  ctx: Actor,
  eventIds: readonly string[],
): Promise<Republished> {
  const removed = await tx.run(REMOVE, { eventIds });
  return { removed: removed.length, appended: await appendReplayed(tx, ctx, removed) };
}
