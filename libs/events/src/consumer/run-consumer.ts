import { countDeferred, pruneInbox, type Pool } from '@core/db';
import { startLoop, type Logger, type Registry } from '@core/runtime';
import { SIGNATURE_REASONS } from '../dead-letters.ts';
import type { ConsumeOptions, EventConsumer, KafkaClient } from '../kafka-client.ts';
import { INBOX_DAYS } from '../topics.ts';
import { adoptOffsets } from './adopt-offsets.ts';
import type { EventContext } from './apply-batch.ts';
import { handleRecords } from './handle-records.ts';
import { keepConsuming } from './keep-consuming.ts';
import { createConsumerMetrics, reportJoined } from './metrics.ts';
import { handleDeferred } from './deferred-events.ts';
import type { TopicHandler } from './topic-handler.ts';
import { createUnreadableHandler } from './unreadable-records.ts';

export interface RunConsumer<C> {
  client: KafkaClient;
  /** The name of the consumer in the inbox, and the Kafka group of each topic unless `groupOf` is given. */
  groupId: string;
  /** Topics of different groups are consumed independently. */
  groupOf?: (topic: string) => string;
  topics: Readonly<Record<string, TopicHandler<C>>>;
  /** Creates the context that handlers get in addition to the transaction. */
  context: (event: EventContext) => C;
  /** How long an event waits for a customer who is not known yet, in seconds. */
  unknownWait: number;
  pool: Pool;
  log: Logger;
  metrics: Registry;
  /** How long a transient failure is retried; an hour unless given. */
  exhaustedAfterMs?: number;
}

/** An import in progress creates its customers within minutes, so these seconds do not matter. */
const PARKED_EVERY_MS = 5_000;
const PRUNE_EVERY_MS = 3_600_000;

/**
 * Handles each record once in effect: one transaction claims the event ids of a batch in the inbox and runs
 * the handlers, and the offset is committed after it. A record that cannot be handled goes to the dead
 * letters, so that it does not block its partition. Outages are waited out. An event whose customer is not
 * known yet is deferred.
 * @returns before it has joined: it waits for a missing topic, without a delay for other topics
 */
export async function runConsumer<C>(options: RunConsumer<C>): Promise<EventConsumer> {
  const { client, groupId, groupOf = () => groupId, pool, log } = options;
  const topics = Object.keys(options.topics);
  const consumers = new Map<string, EventConsumer>();
  const metrics = createConsumerMetrics(
    options.metrics,
    {
      lag: (topic) => client.lag(groupOf(topic), topic),
      parked: () => countDeferred(pool, groupId),
    },
    topics,
  );
  reportJoined(options.metrics, topics, (topic) => consumers.get(groupOf(topic))?.joined() ?? false);
  // Created at the start: an alarm on the increase of a counter misses the increase from absent to one.
  for (const topic of topics.filter((name) => options.topics[name]?.verify)) {
    for (const reason of SIGNATURE_REASONS) metrics.deadLettered.inc({ topic, reason }, 0);
  }
  const deps = { ...options, producer: await client.producer(), metrics };

  const onUnreadable = createUnreadableHandler(deps, options.metrics);
  for (const [group, together] of Map.groupBy(topics, groupOf)) {
    const work: ConsumeOptions = {
      groupId: group,
      topics: together,
      onUnreadable,
      onBatch: async (records, signal) => {
        const { topic, timestamp } = records.at(-1) ?? {};
        const handler = topic === undefined ? undefined : options.topics[topic];
        if (!handler || !timestamp) throw new Error(`no handler for ${topic}`);
        await handleRecords(deps, handler, records, signal);
        metrics.recordAge.set({ topic }, Math.max(0, Date.now() - timestamp.getTime()) / 1000);
      },
    };
    const before = async (): Promise<void> => {
      for (const topic of together) await adoptOffsets(client, topic, { from: groupId, to: group });
    };
    consumers.set(group, keepConsuming(client, work, { log, before }));
  }
  const loops = [
    startLoop({
      name: 'deferred event retry',
      log,
      every: PARKED_EVERY_MS,
      work: async (signal) => {
        const begin = Date.now();
        await handleDeferred(deps, signal);
        // With very many deferred events, searching for their customers must not become the worker's main
        // work.
        return Math.max(PARKED_EVERY_MS, 10 * (Date.now() - begin));
      },
    }),
    startLoop({
      name: 'inbox pruning',
      log,
      every: PRUNE_EVERY_MS,
      work: async () => ((await pruneInbox(pool, INBOX_DAYS)).more ? 100 : PRUNE_EVERY_MS),
    }),
  ];
  return {
    joined: () => [...consumers.values()].every((consumer) => consumer.joined()),
    close: async () => {
      await Promise.all([
        ...[...consumers.values()].map((consumer) => consumer.close()),
        ...loops.map((loop) => loop.stop()),
      ]);
    },
  };
}
