import { countParked, pruneInbox, type Pool } from '@core/db';
import type { Logger, Registry } from '@core/runtime';
import { SIGNATURE_REASONS } from '../dead-letters.ts';
import type { EventConsumer, KafkaClient } from '../kafka-client.ts';
import { INBOX_DAYS } from '../topics.ts';
import type { EventContext } from './apply-batch.ts';
import { handleRecords } from './handle-records.ts';
import { createConsumerMetrics } from './metrics.ts';
import { handleParked } from './parked-events.ts';
import { repeat } from './repeat.ts';
import type { TopicHandler } from './topic-handler.ts';

export interface RunConsumer<C> {
  client: KafkaClient;
  /** Names the Kafka group and the inbox's consumer. */
  groupId: string;
  topics: Readonly<Record<string, TopicHandler<C>>>;
  /** What handlers get besides the transaction. */
  context: (event: EventContext) => C;
  /** How long an event waits for a customer who is not known yet, seconds. */
  unknownWait: number;
  pool: Pool;
  log: Logger;
  metrics: Registry;
  onFatal?: (error: Error) => void;
  /** A failure that should pass is waited out for so long; an hour unless given. */
  exhaustedAfterMs?: number;
}

/** An import that is under way makes its customers within minutes: nobody notices these seconds. */
const PARKED_EVERY_MS = 5_000;
const PRUNE_EVERY_MS = 3_600_000;

/**
 * Handles each record once in effect: one transaction claims the event ids of a batch in the inbox and runs the
 * handlers, and the offset is committed after it. What cannot be handled goes to the dead letters, so that it
 * does not hold up its partition; an outage is waited out; an event whose customer is not known yet is parked.
 */
export async function runConsumer<C>(options: RunConsumer<C>): Promise<EventConsumer> {
  const { client, groupId, pool, log, onFatal } = options;
  const topics = Object.keys(options.topics);
  const metrics = createConsumerMetrics(
    options.metrics,
    { lag: (topic) => client.lag(groupId, topic), parked: () => countParked(pool, groupId) },
    topics,
  );
  // Created at the start: an alarm on the increase of a counter misses the increase from absent to one.
  for (const topic of topics.filter((name) => options.topics[name]?.verify)) {
    for (const reason of SIGNATURE_REASONS) metrics.deadLettered.inc({ topic, reason }, 0);
  }
  const deps = { ...options, producer: await client.producer(), metrics };

  const consumer = await client.consume({
    groupId,
    topics,
    onBatch: async (records, signal) => {
      const { topic, timestamp } = records.at(-1) ?? {};
      const handler = topic === undefined ? undefined : options.topics[topic];
      if (!handler || !timestamp) throw new Error(`no handler for ${topic}`);
      await handleRecords(deps, handler, records, signal);
      metrics.recordAge.set({ topic }, Math.max(0, Date.now() - timestamp.getTime()) / 1000);
    },
    ...(onFatal ? { onFatal } : {}),
  });
  const loops = [
    repeat('handle parked events', { log, afterErrorMs: PARKED_EVERY_MS }, async (signal) => {
      const begin = Date.now();
      await handleParked(deps, signal);
      // With very many parked, looking for their customers must not become the worker's main work.
      return Math.max(PARKED_EVERY_MS, 10 * (Date.now() - begin));
    }),
    repeat('prune the inbox', { log, afterErrorMs: 60_000 }, async () =>
      (await pruneInbox(pool, INBOX_DAYS)).more ? 100 : PRUNE_EVERY_MS,
    ),
  ];
  return {
    joined: () => consumer.joined(),
    close: async () => {
      await Promise.all([consumer.close(), ...loops.map((loop) => loop.close())]);
    },
  };
}
