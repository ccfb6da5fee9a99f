import { sql } from 'drizzle-orm';
import { build, int8, many, oneOf, outboxRefused, statement, type Actor, type Tx } from '@core/db';
import { appendReplayed } from './replay-customers.ts';

export interface Republished {
  /** Refused events that are gone. */
  removed: number;
  /** New events: one for each of their customers that there is. */
  appended: number;
}

const REMOVE = statement({
  params: { ids: many(int8) },
  row: {
    merchantId: sql<string>`${outboxRefused.event} ->> 'merchant_id'`,
    customerId: sql<string>`${outboxRefused.event} ->> 'customer_id'`,
  },
  text: (p, row) => build.delete(outboxRefused).where(oneOf(outboxRefused.id, p.ids)).returning(row),
});

/**
 * Removes events that Kafka has refused for good, and appends an event of each of their customers as it is now.
 * Rejected: the refused row itself once more, whose fields Kafka would refuse again, and whose version may be behind
 * what was published since.
 * @param ids of rows in outbox_refused; one that somebody else has removed is passed over
 */
export async function republishRefused(tx: Tx, ctx: Actor, ids: readonly string[]): Promise<Republished> {
  const removed = await tx.run(REMOVE, { ids });
  return { removed: removed.length, appended: await appendReplayed(tx, ctx, removed) };
}
