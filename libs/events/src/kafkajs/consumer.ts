import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { ConsumeOptions } from '../kafka-client.ts';
import { HEARTBEAT_MS, keepBeating } from './heartbeat.ts';
import { toRecord } from './record.ts';
import type { ConsumerLife } from './supervise.ts';
import { SESSION_TIMEOUT_MS, watchConsumer } from './watch-consumer.ts';

const COMMIT_EVERY_MS = 1_000;
/** How long a partition rests after its handler has failed. */
const REST_MS = 1_000;
/** Records of one call: enough that a statement for all of them pays, and few enough to do again. */
const MOST_RECORDS = 500;

export type OpenConsumer = Pick<ConsumeOptions, 'groupId' | 'topics' | 'onBatch'>;

/**
 * One life of a consumer: joins the group and works until it is closed or is over; see supervise.ts.
 * @throws when no broker answers or a topic is missing
 */
export async function openConsumer(
  kafka: Kafka,
  { groupId, topics, onBatch }: OpenConsumer,
  stuckAfterMs: number,
): Promise<ConsumerLife> {
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: 1_000, // also the longest that close() waits for an idle fetch
    allowAutoTopicCreation: false,
    // It would restart after some errors and not after others; we build it anew after all of them.
    retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2_000, restartOnFailure: async () => false },
  });
  // Also of one that is stuck and given up: should it come to itself, it must not work beside its successor.
  const ending = new AbortController();
  const watch = watchConsumer(consumer, stuckAfterMs);
  const close = (): Promise<void> => {
    ending.abort(new Error('the consumer is closing'));
    watch.stop();
    return consumer.disconnect();
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
      eachBatch: (payload) => handleBatch(payload, onBatch, ending.signal),
    });
  } catch (error) {
    close().catch(() => undefined);
    throw error;
  }
  return { healthy: watch.healthy, over: watch.over, close };
}

/**
 * Hands on the records of one partition in order. Offsets are resolved (and so committed) only behind
 * records that were handled; the others are fetched again after a rest.
 */
async function handleBatch(
  payload: EachBatchPayload,
  onBatch: ConsumeOptions['onBatch'],
  ending: AbortSignal,
): Promise<void> {
  const { batch, resolveOffset, pause } = payload;
  const beat = keepBeating(payload.heartbeat);
  const signal = AbortSignal.any([ending, beat.lost]);
  let committedAt = Date.now();
  try {
    for (let first = 0; first < batch.messages.length; first += MOST_RECORDS) {
      if (signal.aborted || !payload.isRunning() || payload.isStale()) break;
      const messages = batch.messages.slice(first, first + MOST_RECORDS);
      try {
        await onBatch(
          messages.map((message) => toRecord(batch.topic, batch.partition, message)),
          signal,
        );
      } catch {
        // The handler has said what was wrong; here it only matters that nothing is skipped.
        const resume = pause();
        setTimeout(resume, REST_MS).unref();
        break;
      }
      resolveOffset(messages.at(-1)?.offset ?? '');
      if (Date.now() - committedAt > COMMIT_EVERY_MS) {
        await commit(payload);
        committedAt = Date.now();
      }
    }
  } finally {
    beat.stop();
  }
  if (beat.lost.aborted) throw beat.lost.reason; // a rebalance: kafkajs joins again
  await commit(payload);
}

const commit = ({ commitOffsetsIfNecessary, uncommittedOffsets }: EachBatchPayload): Promise<void> =>
  commitOffsetsIfNecessary(uncommittedOffsets());
