import {
  inTransaction,
  claimDeferredEvent,
  claimApplicableEvents,
  claimExpiredEvents,
  unclaimEvents,
  type ClaimedEvent,
  type Tx,
} from '@core/db';
import { sendDeadLetters, type DeadLetterReason } from '../dead-letters.ts';
import { handleAll } from './apply-batch.ts';
import { classify, faultOf, Unhandleable, type Fault } from './classify.ts';
import type { HandleRecords } from './handle-records.ts';
import { identifyEvent } from './identify.ts';
import type { Delivery, TopicHandler } from './topic-handler.ts';

export interface DeferredEvents<C> extends HandleRecords<C> {
  topics: Readonly<Record<string, TopicHandler<C>>>;
}

/** The maximum number of events in one transaction. */
const MAX_EVENTS = 200;

/**
 * Applies the deferred events whose customer exists now, then gives up those that have waited long enough.
 * Any number of workers may run it at the same time.
 * @throws when the database or Kafka is unavailable; unfinished events stay deferred
 */
export async function handleDeferred<C>(deps: DeferredEvents<C>, signal: AbortSignal): Promise<void> {
  while ((await applySome(deps, signal)) === MAX_EVENTS) signal.throwIfAborted();
  while ((await expireSome(deps, signal)) === MAX_EVENTS) signal.throwIfAborted();
}

/** @returns the number of events that were taken */
async function applySome<C>(deps: DeferredEvents<C>, signal: AbortSignal): Promise<number> {
  let taken: readonly ClaimedEvent[] = [];
  try {
    await inTransaction(
      deps.pool,
      async (tx) => {
        taken = await claimApplicableEvents(tx, deps.groupId, MAX_EVENTS);
        await applyTaken(tx, deps, taken, signal);
      },
      { signal },
    );
    return taken.length;
  } catch (err) {
    if (classify(err).kind === 'transient' || taken.length === 0) throw err;
    deps.log.warn(
      { events: taken.length, err },
      'could not handle deferred events; handling them one by one',
    );
    for (const event of taken) await applyOne(deps, event, signal);
    return taken.length;
  }
}

async function applyOne<C>(deps: DeferredEvents<C>, event: ClaimedEvent, signal: AbortSignal): Promise<void> {
  try {
    await inTransaction(
      deps.pool,
      async (tx) => applyTaken(tx, deps, await claimDeferredEvent(tx, deps.groupId, event), signal),
      { signal },
    );
  } catch (err) {
    const verdict = classify(err);
    if (verdict.kind === 'transient') throw err;
    const reason = verdict.kind === 'permanent' ? verdict.reason : 'unforeseen';
    // The log contains the position instead of the id, because the producer chooses the id.
    const { topic, partition, offset } = event;
    deps.log.warn(
      { topic, partition, offset: String(offset), reason, err },
      'a deferred event becomes a dead letter',
    );
    await inTransaction(deps.pool, async (tx) => {
      const taken = await claimDeferredEvent(tx, deps.groupId, event);
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
  deps: DeferredEvents<C>,
  taken: readonly ClaimedEvent[],
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

async function expireSome<C>(deps: DeferredEvents<C>, signal: AbortSignal): Promise<number> {
  return inTransaction(
    deps.pool,
    async (tx) => {
      const taken = await claimExpiredEvents(tx, deps.groupId, MAX_EVENTS);
      await giveUp(tx, deps, taken, { reason: 'unknown_customer', fault: NEVER_KNOWN });
      return taken.length;
    },
    { signal },
  );
}

const NEVER_KNOWN: Fault = { field: 'customer_id', rule: 'did not become known in time' };

/**
 * Turns events that the caller's transaction has taken into dead letters. They are sent before the
 * transaction commits: after a crash in between they are sent twice, but never lost. Their ids are released,
 * so that a redrive is not a duplicate.
 */
async function giveUp<C>(
  tx: Tx,
  { producer, groupId, metrics, topics }: DeferredEvents<C>,
  taken: readonly ClaimedEvent[],
  { reason, fault }: { reason: DeadLetterReason; fault: Fault },
): Promise<void> {
  if (taken.length === 0) return;
  await sendDeadLetters(
    producer,
    taken.map((event) => ({
      record: toRecord(event),
      // For a topic that is no longer handled, it is unknown which fields may be kept.
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

/** Restores the record of a deferred event. Its key is the customer's id. */
const toRecord = ({ topic, partition, offset, headers, body, customerId }: ClaimedEvent) => ({
  topic,
  partition,
  offset,
  headers,
  key: Buffer.from(customerId),
  value: Buffer.from(body),
});

function toDelivery<C>(handler: TopicHandler<C>, taken: ClaimedEvent): Delivery {
  const record = toRecord(taken);
  const event = handler.decode(record.value);
  return { record, event, ...identifyEvent(handler, record, event) };
}
