import { countParked, pruneInbox, type Pool } from '@core/db';
import { startLoop, type Logger, type Registry } from '@core/runtime';
import { SIGNATURE_REASONS } from '../dead-letters.ts';
import type { ConsumeOptions, EventConsumer, KafkaClient } from '../kafka-client.ts';
import { INBOX_DAYS } from '../topics.ts';
import { adoptOffsets } from './adopt-offsets.ts';
import type { EventContext } from './apply-batch.ts';
import { handleRecords } from './handle-records.ts';
import { keepConsuming } from './keep-consuming.ts';
import { createConsumerMetrics, reportJoined } from './metrics.ts';
import { handleParked } from './parked-events.ts';
import type { TopicHandler } from './topic-handler.ts';
import { createUnreadableHandler } from './unreadable-records.ts';

export interface RunConsumer<C> {
  client: KafkaClient;
  /** Names the inbox's consumer, and the Kafka group of each topic unless `groupOf` does. */
  groupId: string;
  /** Topics of different groups are consumed independently. */
  groupOf?: (topic: string) => string;
  topics: Readonly<Record<string, TopicHandler<C>>>;
  /** The context that handlers get besides the transaction. */
  context: (event: EventContext) => C;
  /** How long an event waits for a customer who is not known yet, seconds. */
  unknownWait: number;
  pool: Pool;
  log: Logger;
  metrics: Registry;
  /** A failure that should pass is waited out for this long; an hour unless given. */
  exhaustedAfterMs?: number;
}

/** An import that is under way makes its customers within minutes: nobody notices these seconds. */
const PARKED_EVERY_MS = 5_000;
const PRUNE_EVERY_MS = 3_600_000;

/**
 * Handles each record once in effect: one transaction claims the event ids of a batch in the inbox and runs
 * the handlers, and the offset is committed after it. A record that cannot be handled goes to the dead
 * letters, so that it does not hold up its partition; an outage is waited out; an event whose customer is not
 * known yet is parked.
 * @returns before it has joined: a missing topic is waited for, and delays no other
 */
export async function runConsumer<C>(options: RunConsumer<C>): Promise<EventConsumer> {
  const { client, groupId, groupOf = () => groupId, pool, log } = options;
  const topics = Object.keys(options.topics);
  const consumers = new Map<string, EventConsumer>();
  const metrics = createConsumerMetrics(
    options.metrics,
    {
      lag: (topic) => client.lag(groupOf(topic), topic),
      parked: () => countParked(pool, groupId),
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
      name: 'handle parked events',
      log,
      every: PARKED_EVERY_MS,
      work: async (signal) => {
        const begin = Date.now();
        await handleParked(deps, signal);
        // With very many parked, looking for their customers must not become the worker's main work.
        return Math.max(PARKED_EVERY_MS, 10 * (Date.now() - begin));
      },
    }),
    startLoop({
      name: 'prune the inbox',
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
