import type { Kafka } from 'kafkajs';
import type { ConsumeOptions } from '../kafka-client.ts';
import { commitFiltered } from './commit-filtered.ts';
import { createBatchHandler } from './handle-batch.ts';
import { HEARTBEAT_MS } from './heartbeat.ts';
import type { ConsumerLife } from './supervise.ts';
import { REBALANCE_TIMEOUT_MS, SESSION_TIMEOUT_MS, watchConsumer } from './watch-consumer.ts';

/** How soon a consumer learns of partitions that were added to its topic. */
const METADATA_MAX_AGE_MS = 20_000;

/**
 * One life of a consumer: joins the group and works until it is closed or is over; see supervise.ts.
 * @throws when no broker answers or a topic is missing
 */
export async function openConsumer(
  kafka: Kafka,
  { groupId, topics, ...work }: ConsumeOptions,
  stuckAfterMs: number,
): Promise<ConsumerLife> {
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    maxWaitTimeInMs: 1_000, // also the longest that close() waits for an idle fetch
    allowAutoTopicCreation: false,
    // It would restart after some errors and not after others; we rebuild it after all of them.
    retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2_000, restartOnFailure: async () => false },
  });
  // Also of one that is stuck and given up: should it come to itself, it must not work beside its successor.
  const ending = new AbortController();
  const watch = watchConsumer(consumer, stuckAfterMs);
  const batches = createBatchHandler(work, ending.signal);
  commitFiltered(consumer);
  for (const event of [consumer.events.REBALANCING, consumer.events.GROUP_JOIN] as const) {
    consumer.on(event, batches.leave);
  }
  const close = async (): Promise<void> => {
    ending.abort(new Error('the consumer is closing'));
    watch.stop();
    await batches.settled();
    await consumer.disconnect();
  };

  try {
    await consumer.connect();
    // kafkajs starts new groups at the end otherwise, and what was sent before the first join is lost.
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    // A join that fails is no rejection but a crash, which ends the life as any other: the coordinator of a
    // group moves, and is loading for a while after a broker's start.
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: batches.handle,
    });
  } catch (error) {
    close().catch(() => undefined);
    throw error;
  }
  return { healthy: watch.healthy, over: watch.over, close };
}
