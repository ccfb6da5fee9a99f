import { claimEvents, inTransaction, unclaimEvents, type Pool } from '@core/db';
import { backoff, pause, type Logger } from '@core/runtime';
import { sendDeadLetters, type DeadLetter } from '../dead-letters.ts';
import type { ConsumedRecord, EventProducer } from '../kafka-client.ts';
import { applyBatch, ID_REUSED, type ApplyEvents } from './apply-batch.ts';
import { beforeDeadLetter } from './before-dead-letter.ts';
import { classify, faultOf, type Reaction } from './classify.ts';
import { identifyEvent } from './identify.ts';
import type { ConsumerMetrics } from './metrics.ts';
import type { Delivery, TopicHandler } from './topic-handler.ts';

export interface HandleRecords<C> extends ApplyEvents<C> {
  producer: EventProducer;
  log: Logger;
  metrics: ConsumerMetrics;
  /** See EXHAUSTED_AFTER_MS. */
  exhaustedAfterMs?: number;
}

/**
 * An unforeseen error may be a bug that only this record triggers. After this many attempts the other records
 * continue.
 */
const MAX_ATTEMPTS = 5;

/**
 * A transient failure is retried, because the records after this one would fail, too. If it lasts for an hour
 * although the database accepts writes, the record itself must be the cause: it goes to the dead letters as
 * transient_exhausted. An outage of the database, however long, sends nothing there.
 */
export const EXHAUSTED_AFTER_MS = 3_600_000;

/**
 * Handles records of one partition, all in one transaction. If that fails for a reason that is not transient,
 * each record gets its own transaction, so that a poisoned one fails alone. Records that cannot be read or
 * handled go to the dead letters.
 * @throws when the signal aborts, or a dead letter could not be sent: the records must then come again
 */
export async function handleRecords<C>(
  deps: HandleRecords<C>,
  handler: TopicHandler<C>,
  records: readonly ConsumedRecord[],
  signal: AbortSignal,
): Promise<void> {
  const deliveries: Delivery[] = [];
  const letters: DeadLetter[] = [];
  for (const record of records) {
    let event: Delivery['event'] | undefined;
    try {
      await verify(deps, handler, record, signal);
      event = handler.decode(record.value);
      deliveries.push({ record, event, ...identifyEvent(handler, record, event) });
    } catch (err) {
      signal.throwIfAborted();
      const reaction = classify(err);
      const reason = reaction.kind === 'permanent' ? reaction.reason : 'unforeseen';
      deps.log.warn({ ...positionOf(record), reason, err }, 'record goes to the dead letters');
      // Its id may be invalid: the position in Kafka replaces it.
      const eventId = Object.values(positionOf(record)).join('/');
      if (event) await beforeDeadLetter(deps, handler, { record, event, eventId }, err, signal);
      letters.push({ record, keeps: handler.keeps, reason, fault: faultOf(err), attempts: 1 });
    }
  }
  letters.push(...(await apply(deps, handler, deliveries, signal, { since: Date.now(), attempts: 0 })));
  if (letters.length > 0) await send(deps, letters);
}

/**
 * Retries without a limit while the keys of signatures cannot be fetched: refusing the records would lose
 * signed ones, and accepting them would accept forged ones.
 * @throws any error of the handler's check that is not transient; the signal's reason when it aborts
 */
async function verify<C>(
  { log }: HandleRecords<C>,
  handler: TopicHandler<C>,
  record: ConsumedRecord,
  signal: AbortSignal,
): Promise<void> {
  for (let attempts = 0; ; attempts++) {
    try {
      return await handler.verify?.(record);
    } catch (err) {
      signal.throwIfAborted();
      if (classify(err).kind !== 'transient') throw err;
      log.warn({ ...positionOf(record), err }, 'could not verify a signature; its partition waits');
      await pause(backoff(attempts), signal);
    }
  }
}

/** @returns the dead letters of the records that could not be handled */
async function apply<C>(
  deps: HandleRecords<C>,
  handler: TopicHandler<C>,
  deliveries: readonly Delivery[],
  signal: AbortSignal,
  tried: { since: number; attempts: number },
): Promise<DeadLetter[]> {
  const [first] = deliveries;
  if (!first) return [];
  const where = { ...positionOf(first.record), records: deliveries.length };
  for (let attempts = tried.attempts + 1, unforeseen = 1; ; attempts++) {
    try {
      const outcomes = await applyBatch(deps, handler, deliveries, signal);
      const reused = deliveries.filter((_, i) => outcomes[i] === ID_REUSED);
      for (const { record } of reused) {
        deps.log.warn({ ...positionOf(record), reason: ID_REUSED }, 'record goes to the dead letters');
      }
      for (const outcome of outcomes) {
        if (outcome !== ID_REUSED) deps.metrics.handled.inc({ topic: first.record.topic, outcome });
      }
      const fault = { field: 'event_id', rule: 'is already used by another event' };
      return reused.map(({ record }) => ({
        record,
        keeps: handler.keeps,
        reason: ID_REUSED,
        fault,
        attempts,
      }));
    } catch (err) {
      signal.throwIfAborted();
      const reaction = await classifyAttempt(deps, err, tried.since);
      if (reaction.kind !== 'transient' && deliveries.length > 1) {
        deps.log.warn({ ...where, err }, 'could not handle a batch; handling its records one by one');
        return oneByOne(deps, handler, deliveries, signal, { ...tried, attempts: attempts - 1 });
      }
      if (reaction.kind === 'permanent' || (reaction.kind === 'unforeseen' && unforeseen++ >= MAX_ATTEMPTS)) {
        const reason = reaction.kind === 'permanent' ? reaction.reason : 'unforeseen';
        deps.log.warn({ ...where, reason, err }, 'record goes to the dead letters');
        await beforeDeadLetter(deps, handler, first, err, signal);
        return [{ record: first.record, keeps: handler.keeps, reason, fault: faultOf(err), attempts }];
      }
      deps.log.warn({ ...where, attempt: attempts, err }, 'could not handle records; retrying');
      await pause(backoff(attempts - 1), signal);
    }
  }
}

async function oneByOne<C>(
  deps: HandleRecords<C>,
  handler: TopicHandler<C>,
  deliveries: readonly Delivery[],
  signal: AbortSignal,
  tried: { since: number; attempts: number },
): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for (const delivery of deliveries) letters.push(...(await apply(deps, handler, [delivery], signal, tried)));
  return letters;
}

async function classifyAttempt<C>(
  { pool, groupId, exhaustedAfterMs = EXHAUSTED_AFTER_MS }: HandleRecords<C>,
  error: unknown,
  since: number,
): Promise<Reaction> {
  const reaction = classify(error);
  if (reaction.kind !== 'transient' || Date.now() - since < exhaustedAfterMs) return reaction;
  return (await acceptsWrites(pool, groupId))
    ? { kind: 'permanent', reason: 'transient_exhausted' }
    : reaction;
}

/**
 * Returns whether a write can be committed. A query would not be enough: a database that is read-only or full
 * still answers queries.
 */
const acceptsWrites = (pool: Pool, groupId: string): Promise<boolean> =>
  inTransaction(pool, async (tx) => {
    await claimEvents(tx, groupId, [PROBE]);
    await unclaimEvents(tx, groupId, [PROBE.key]);
    return true;
  }).catch(() => false);

const PROBE = { key: 'probe', digest: Buffer.alloc(0), bareId: 'probe' };

async function send<C>({ producer, log, metrics }: HandleRecords<C>, letters: DeadLetter[]): Promise<void> {
  try {
    await sendDeadLetters(
      producer,
      letters.sort((a, b) => Number(a.record.offset - b.record.offset)),
    );
  } catch (err) {
    log.warn(
      { records: letters.length, err },
      'could not send dead letters; the records are delivered again',
    );
    throw err;
  }
  for (const { record, reason } of letters) metrics.deadLettered.inc({ topic: record.topic, reason });
}

const positionOf = ({ topic, partition, offset }: Delivery['record']) => ({
  topic,
  partition,
  offset: String(offset),
});
