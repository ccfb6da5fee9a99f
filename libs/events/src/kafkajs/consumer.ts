import type { Kafka } from 'kafkajs';
import type { ConsumeOptions } from '../kafka-client.ts';
import { commitSkippedRecords } from './commit-skipped-records.ts';
import { createBatchHandler } from './handle-batch.ts';
import { HEARTBEAT_MS } from './heartbeat.ts';
import type { ConsumerLife } from './supervise.ts';
import { REBALANCE_TIMEOUT_MS, SESSION_TIMEOUT_MS, watchConsumer } from './watch-consumer.ts';

/** The maximum time until a consumer detects partitions that were added to its topic. */
const METADATA_MAX_AGE_MS = 20_000;

/**
 * Opens one life of a consumer: it joins the group and works until it is closed or ends by a failure; see
 * supervise.ts.
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
    // kafkajs would restart after some errors and not after others. We rebuild the consumer after every
    // error.
    retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2_000, restartOnFailure: async () => false },
  });
  // Also aborts a stuck consumer that was replaced: if it recovers, it must not work next to its successor.
  const ending = new AbortController();
  const watch = watchConsumer(consumer, stuckAfterMs);
  const batches = createBatchHandler(work, ending.signal);
  commitSkippedRecords(consumer);
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
    // Without this, kafkajs starts a new group at the end, and records sent before the first join are lost.
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    // A failed join is not a rejection but a crash, which ends this life like any other failure. It happens
    // when the coordinator of a group moves, and while it loads after a broker's start.
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
