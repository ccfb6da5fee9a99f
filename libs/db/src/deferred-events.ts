import { and, asc, eq, inArray, sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import type { Pool } from './pool.ts';
import { runOn } from './reader.ts';
import { customers, parkedEvents } from './schema/index.ts';
import {
  bare,
  build,
  float8,
  insertSelect,
  json,
  limit,
  many,
  statement,
  unnest,
  type Fields,
  type Placeholders,
  type RowOf,
} from './statement/index.ts';
import type { Tx } from './transaction.ts';

// Deferred event and dead letter: docs/glossary.md#events.
/**
 * An event for a customer that is not known yet, with all that is needed to handle it later or to give it up.
 */
export interface DeferredEvent {
  /** Its key in the inbox, see EventClaim; the bare id if the previous build deferred it. */
  claimedAs: string;
  topic: string;
  partition: number;
  offset: bigint;
  /** Without personal data, like the body. */
  headers: Record<string, string>;
  /** JSON. */
  body: string;
  merchantId: MerchantId;
  customerId: CustomerId;
}

export interface ClaimedEvent extends DeferredEvent {
  /** The number of earlier attempts. */
  attempts: number;
}

const DEFER = statement({
  params: {
    consumer: parkedEvents.consumer,
    waitSeconds: float8,
    claimedAs: many(parkedEvents.eventId),
    topics: many(parkedEvents.topic),
    partitions: many(parkedEvents.partition),
    offsets: many(parkedEvents.recordOffset),
    headers: many(parkedEvents.headers),
    bodies: many(json),
    merchantIds: many(parkedEvents.merchantId),
    customerIds: many(parkedEvents.customerId),
  },
  text(p) {
    const given = unnest('given', {
      eventId: p.claimedAs,
      topic: p.topics,
      partition: p.partitions,
      recordOffset: p.offsets,
      headers: p.headers,
      body: p.bodies,
      merchantId: p.merchantIds,
      customerId: p.customerIds,
    });
    const giveUpAt = sql`now() + make_interval(secs => ${p.waitSeconds})`;
    return sql`${insertSelect(parkedEvents, { consumer: p.consumer, ...given, giveUpAt })} from ${given}
      on conflict (${bare(parkedEvents.merchantId, parkedEvents.consumer, parkedEvents.eventId)}) do nothing`;
  },
});

/** Defers events in the caller's transaction, which has claimed them in the inbox. */
export async function deferEvents(
  tx: Tx,
  consumer: string,
  events: readonly DeferredEvent[],
  waitSeconds: number,
): Promise<void> {
  if (events.length === 0) return;
  await tx.run(DEFER, {
    consumer,
    waitSeconds,
    claimedAs: events.map((event) => event.claimedAs),
    topics: events.map((event) => event.topic),
    partitions: events.map((event) => event.partition),
    offsets: events.map((event) => event.offset),
    headers: events.map((event) => event.headers),
    bodies: events.map((event) => event.body),
    merchantIds: events.map((event) => event.merchantId),
    customerIds: events.map((event) => event.customerId),
  });
}

const TAKEN = {
  id: parkedEvents.id,
  claimedAs: parkedEvents.eventId,
  topic: parkedEvents.topic,
  partition: parkedEvents.partition,
  offset: parkedEvents.recordOffset,
  headers: parkedEvents.headers,
  body: sql<string>`${parkedEvents.body}::text`,
  merchantId: parkedEvents.merchantId,
  customerId: parkedEvents.customerId,
  attempts: parkedEvents.attempts,
};
const WHICH = { consumer: parkedEvents.consumer, most: limit };

/**
 * Deletes and returns the oldest matching rows in the caller's transaction: a rollback defers them again.
 * Rows that another process has locked are skipped.
 */
function takeThose(p: Placeholders<typeof WHICH>, which: SQL, row: Fields): SQLWrapper {
  const oldest = build
    .select({ merchantId: parkedEvents.merchantId, id: parkedEvents.id })
    .from(parkedEvents)
    .where(and(eq(parkedEvents.consumer, p.consumer), which))
    .orderBy(asc(parkedEvents.id))
    .limit(p.most)
    .for('update', { skipLocked: true });
  return build
    .delete(parkedEvents)
    .where(sql`(${parkedEvents.merchantId}, ${parkedEvents.id}) in ${oldest}`)
    .returning(row);
}

const TAKE_TO_APPLY = statement({
  crosses: 'queues',
  params: WHICH,
  row: TAKEN,
  text: (p, row) =>
    takeThose(
      p,
      sql`exists (select from ${customers} where ${customers.merchantId} = ${parkedEvents.merchantId}
                    and ${customers.id} = ${parkedEvents.customerId})`,
      row,
    ),
});

/** Claims the oldest events whose customer exists now, including erased customers. */
export const claimApplicableEvents = async (
  tx: Tx,
  consumer: string,
  most: number,
): Promise<ClaimedEvent[]> => inOrder(await tx.run(TAKE_TO_APPLY, { consumer, most }));

const TAKE_EXPIRED = statement({
  crosses: 'queues',
  params: WHICH,
  row: TAKEN,
  text: (p, row) => takeThose(p, sql`${parkedEvents.giveUpAt} <= now()`, row),
});

/** Claims the oldest events whose waiting time is over. */
export const claimExpiredEvents = async (tx: Tx, consumer: string, most: number): Promise<ClaimedEvent[]> =>
  inOrder(await tx.run(TAKE_EXPIRED, { consumer, most }));

const TAKE_ONE = statement({
  params: {
    merchantId: parkedEvents.merchantId,
    consumer: parkedEvents.consumer,
    claimedAs: parkedEvents.eventId,
  },
  row: TAKEN,
  text(p, row) {
    const isIt = and(
      eq(parkedEvents.merchantId, p.merchantId),
      eq(parkedEvents.consumer, p.consumer),
      eq(parkedEvents.eventId, p.claimedAs),
    );
    const free = build.select({ id: parkedEvents.id }).from(parkedEvents).where(isIt);
    return build
      .delete(parkedEvents)
      .where(and(isIt, inArray(parkedEvents.id, free.for('update', { skipLocked: true }))))
      .returning(row);
  },
});

/** Claims one event of a merchant, regardless of its customer's state. */
export const claimDeferredEvent = async (
  tx: Tx,
  consumer: string,
  { merchantId, claimedAs }: Pick<DeferredEvent, 'merchantId' | 'claimedAs'>,
): Promise<ClaimedEvent[]> => inOrder(await tx.run(TAKE_ONE, { consumer, merchantId, claimedAs }));

/** Sorts the rows by id: DELETE returns them in any order, and ids rise with time. */
const inOrder = (rows: RowOf<typeof TAKEN>[]): ClaimedEvent[] =>
  rows.sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ id: _, ...row }) => row);

const COUNT = statement({
  crosses: 'statistics',
  params: { consumer: parkedEvents.consumer },
  row: { topic: parkedEvents.topic, n: sql<number>`count(*)::float8` },
  text: (p, row) =>
    build
      .select(row)
      .from(parkedEvents)
      .where(eq(parkedEvents.consumer, p.consumer))
      .groupBy(parkedEvents.topic),
});

/** Returns the number of deferred events by topic. */
export const countDeferred = async (pool: Pool, consumer: string): Promise<Map<string, number>> =>
  new Map((await runOn(pool, COUNT, { consumer })).map(({ topic, n }) => [topic, n]));
