import {
  inTransaction,
  takeEvent,
  takeEventsToApply,
  takeExpiredEvents,
  unclaimEvents,
  type TakenEvent,
  type Tx,
} from '@core/db';
import { sendDeadLetters, type DeadLetterReason } from '../dead-letters.ts';
import { handleAll } from './apply-batch.ts';
import { classify, faultOf, Unhandleable, type Fault } from './classify.ts';
import type { HandleRecords } from './handle-records.ts';
import { identify } from './identify.ts';
import type { Delivery, TopicHandler } from './topic-handler.ts';

export interface ParkedEvents<C> extends HandleRecords<C> {
  topics: Readonly<Record<string, TopicHandler<C>>>;
}

/** Events of one transaction. */
const MOST_EVENTS = 200;

/**
 * Applies the parked events whose customer exists now, then gives up those that have waited long enough. Any
 * number of workers may do it at once.
 * @throws when the database or Kafka is away; unfinished events are still parked
 */
export async function handleParked<C>(deps: ParkedEvents<C>, signal: AbortSignal): Promise<void> {
  while ((await applySome(deps, signal)) === MOST_EVENTS) signal.throwIfAborted();
  while ((await expireSome(deps, signal)) === MOST_EVENTS) signal.throwIfAborted();
}

/** @returns how many were taken */
async function applySome<C>(deps: ParkedEvents<C>, signal: AbortSignal): Promise<number> {
  let taken: readonly TakenEvent[] = [];
  try {
    await inTransaction(
      deps.pool,
      async (tx) => {
        taken = await takeEventsToApply(tx, deps.groupId, MOST_EVENTS);
        await applyTaken(tx, deps, taken, signal);
      },
      { signal },
    );
    return taken.length;
  } catch (err) {
    if (classify(err).kind === 'transient' || taken.length === 0) throw err;
    deps.log.warn({ events: taken.length, err }, 'could not handle parked events; taking them one by one');
    for (const event of taken) await applyOne(deps, event, signal);
    return taken.length;
  }
}

async function applyOne<C>(deps: ParkedEvents<C>, event: TakenEvent, signal: AbortSignal): Promise<void> {
  try {
    await inTransaction(
      deps.pool,
      async (tx) => applyTaken(tx, deps, await takeEvent(tx, deps.groupId, event), signal),
      { signal },
    );
  } catch (err) {
    const verdict = classify(err);
    if (verdict.kind === 'transient') throw err;
    const reason = verdict.kind === 'hopeless' ? verdict.reason : 'unforeseen';
    // By its position: its id is whatever its producer made it of.
    const { topic, partition, offset } = event;
    deps.log.warn({ topic, partition, offset: String(offset), reason, err }, 'a parked event is given up');
    await inTransaction(deps.pool, async (tx) => {
      const taken = await takeEvent(tx, deps.groupId, event);
      await giveUp(
        tx,
        deps,
        taken.map((one) => ({ ...one, attempts: one.attempts + 1 })),
        { reason, fault: faultOf(err) },
      );
    });
  }
}

async function applyTaken<C>(
  tx: Tx,
  deps: ParkedEvents<C>,
  taken: readonly TakenEvent[],
  signal: AbortSignal,
): Promise<void> {
  for (const [topic, events] of Map.groupBy(taken, (event) => event.topic)) {
    const handler = deps.topics[topic];
    if (!handler) throw new Error(`no handler for ${topic}`);
    const outcomes = await handleAll(
      tx,
      deps,
      handler,
      events.map((event) => toDelivery(handler, event)),
      signal,
    );
    if (outcomes.includes('unknown')) throw new Unhandleable('unknown_customer');
    tx.onCommit(() => outcomes.forEach((outcome) => deps.metrics.handled.inc({ topic, outcome })));
  }
}

async function expireSome<C>(deps: ParkedEvents<C>, signal: AbortSignal): Promise<number> {
  return inTransaction(
    deps.pool,
    async (tx) => {
      const taken = await takeExpiredEvents(tx, deps.groupId, MOST_EVENTS);
      await giveUp(tx, deps, taken, { reason: 'unknown_customer', fault: NEVER_KNOWN });
      return taken.length;
    },
    { signal },
  );
}

const NEVER_KNOWN: Fault = { field: 'customer_id', rule: 'was not known in time' };

/**
 * Makes dead letters of events that the caller's transaction has taken. They are sent before it commits: killed
 * in between, they are sent twice, never not at all. Their ids are released, so that a redrive is no duplicate.
 */
async function giveUp<C>(
  tx: Tx,
  { producer, groupId, metrics, topics }: ParkedEvents<C>,
  taken: readonly TakenEvent[],
  { reason, fault }: { reason: DeadLetterReason; fault: Fault },
): Promise<void> {
  if (taken.length === 0) return;
  await sendDeadLetters(
    producer,
    taken.map((event) => ({
      record: toRecord(event),
      // For a topic that is no longer handled, nobody can say which fields may be kept.
      keeps: topics[event.topic]?.keeps ?? {},
      reason,
      fault,
      attempts: event.attempts,
    })),
  );
  await unclaimEvents(
    tx,
    groupId,
    taken.map(({ claimedAs }) => claimedAs),
  );
  tx.onCommit(() => taken.forEach(({ topic }) => metrics.deadLettered.inc({ topic, reason })));
}

/** The key of a record is its customer's id. */
const toRecord = ({ topic, partition, offset, headers, body, customerId }: TakenEvent) => ({
  topic,
  partition,
  offset,
  headers,
  key: Buffer.from(customerId),
  value: Buffer.from(body),
});

function toDelivery<C>(handler: TopicHandler<C>, taken: TakenEvent): Delivery {
  const record = toRecord(taken);
  const event = handler.decode(record.value);
  return { record, event, ...identify(handler, record, event) };
}
