import { claimEvent, inTransaction, type Pool, type Tx } from '@core/db';
import { backoff, pause, type Logger, type Registry } from '@core/runtime';
import { sendDeadLetter } from '../dead-letters.ts';
import type { ConsumedRecord, EventConsumer, KafkaClient } from '../kafka-client.ts';
import { classify } from './classify.ts';
import { createConsumerMetrics } from './metrics.ts';

/** How one topic's records are read and handled. Both may throw: see classify. */
export interface TopicHandler<C, E extends { eventId: string } = { eventId: string }> {
  /** @throws MalformedEvent */
  decode(body: Uint8Array | null): E;
  handle(tx: Tx, ctx: C, event: E): Promise<unknown>;
}

export interface RunConsumer<C> {
  client: KafkaClient;
  /** Names the Kafka group and the inbox's consumer. */
  groupId: string;
  topics: Readonly<Record<string, TopicHandler<C>>>;
  /** What handlers get besides the transaction. */
  context: (eventId: string, signal: AbortSignal) => C;
  pool: Pool;
  log: Logger;
  metrics: Registry;
  onFatal?: (error: Error) => void;
}

/** An unforeseen error may be a bug that only this record meets: a few attempts, then the others go on. */
const MOST_ATTEMPTS = 5;

/**
 * Handles each record once in effect: one transaction claims its event id in the inbox and runs the
 * handler, and the offset is committed after it. A record that cannot be handled goes to its dead-letter
 * topic, so that it does not hold up its partition; one that meets an outage waits it out.
 */
export async function runConsumer<C>(options: RunConsumer<C>): Promise<EventConsumer> {
  const { client, groupId, pool, log } = options;
  const topics = Object.keys(options.topics);
  const producer = await client.producer();
  const metrics = createConsumerMetrics(options.metrics, (topic) => client.lag(groupId, topic), topics);

  const apply = async (record: ConsumedRecord, signal: AbortSignal): Promise<'applied' | 'duplicate'> => {
    const handler = options.topics[record.topic];
    if (!handler) throw new Error(`no handler for ${record.topic}`);
    const event = handler.decode(record.value);
    const eventId = eventIdOf(record, event);
    return inTransaction(
      pool,
      async (tx) => {
        if (!(await claimEvent(tx, groupId, eventId))) return 'duplicate';
        await handler.handle(tx, options.context(eventId, signal), event);
        return 'applied';
      },
      { signal },
    );
  };

  const onRecord = async (record: ConsumedRecord, signal: AbortSignal): Promise<void> => {
    const { topic, partition } = record;
    const where = { topic, partition, offset: String(record.offset) };
    for (let attempt = 1, counted = 1; ; attempt++) {
      try {
        metrics.handled.inc({ topic, outcome: await apply(record, signal) });
        return;
      } catch (err) {
        signal.throwIfAborted();
        const verdict = classify(err);
        if (verdict.kind === 'hopeless' || (verdict.kind === 'unforeseen' && counted++ >= MOST_ATTEMPTS)) {
          const reason = verdict.kind === 'hopeless' ? verdict.reason : verdict.kind;
          log.warn({ ...where, reason, err }, 'record goes to the dead letters');
          await sendDeadLetter(producer, record, { reason, attempts: attempt }).catch((cause: unknown) => {
            log.warn({ ...where, err: cause }, 'could not send the dead letter; the record comes again');
            throw cause;
          });
          metrics.deadLettered.inc({ topic, reason });
          return;
        }
        log.warn({ ...where, attempt, err }, 'could not handle a record; trying again');
        await pause(backoff(attempt - 1), signal);
      }
    }
  };

  return client.consume({
    groupId,
    topics,
    onRecord,
    ...(options.onFatal ? { onFatal: options.onFatal } : {}),
  });
}

/** CloudEvents' id, else the body's, else the place in Kafka, which is unique too but not over a re-send. */
const eventIdOf = (
  { headers, topic, partition, offset }: ConsumedRecord,
  event: { eventId: string },
): string => headers['ce_id'] || event.eventId || `${topic}/${partition}/${offset}`;
