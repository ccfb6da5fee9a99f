import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from 'kafkajs';
import type { ConsumedRecord, ConsumeOptions, EventConsumer } from '../kafka-client.ts';

const SESSION_TIMEOUT_MS = 30_000;
const HEARTBEAT_MS = 3_000;
const COMMIT_EVERY_MS = 1_000;
/** How long a partition rests after its handler has failed. */
const PAUSE_MS = 1_000;

/** See KafkaClient.consume. */
export async function startConsumer(kafka: Kafka, options: ConsumeOptions): Promise<EventConsumer> {
  const { groupId, topics, onFatal = throwUncaught } = options;
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: 1_000, // also the longest that close() waits for an idle fetch
    allowAutoTopicCreation: false,
  });
  const closing = new AbortController();
  const membership = watchMembership(consumer, (error) => {
    if (!closing.signal.aborted) onFatal(error);
  });

  try {
    await consumer.connect();
    // kafkajs starts new groups at the end otherwise, and what was sent before the first join is lost.
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 4,
      eachBatch: (payload) => handleBatch(payload, options.onRecord, closing.signal),
    });
  } catch (error) {
    closing.abort();
    await consumer.disconnect().catch(() => undefined);
    throw error;
  }

  let closed: Promise<void> | undefined;
  return {
    joined: membership.joined,
    close: () => {
      closing.abort(new Error('the consumer is closing'));
      return (closed ??= consumer.disconnect());
    },
  };
}

/** Thrown outside of any promise, it ends a process that has not said what else to do. */
const throwUncaught = (error: Error): void => {
  setImmediate(() => {
    throw error;
  });
};

function watchMembership(consumer: Consumer, onFatal: (error: Error) => void): { joined: () => boolean } {
  let member = false;
  let heardAt = 0;
  const { GROUP_JOIN, HEARTBEAT, CRASH, STOP, DISCONNECT, REBALANCING } = consumer.events;
  const joined = () => {
    member = true;
    heardAt = Date.now();
  };
  const gone = () => (member = false);
  consumer.on(GROUP_JOIN, joined);
  consumer.on(HEARTBEAT, () => void (heardAt = Date.now()));
  consumer.on(REBALANCING, gone);
  consumer.on(STOP, gone);
  consumer.on(DISCONNECT, gone);
  consumer.on(CRASH, ({ payload: { error, restart } }) => {
    gone();
    if (!restart) onFatal(error);
  });
  return { joined: () => member && Date.now() - heardAt < SESSION_TIMEOUT_MS };
}

/**
 * Hands on the records of one partition in order. Offsets are resolved (and so committed) only behind
 * records that were handled; a failed one is fetched again after a pause.
 */
async function handleBatch(
  payload: EachBatchPayload,
  onRecord: ConsumeOptions['onRecord'],
  closing: AbortSignal,
): Promise<void> {
  const { batch, resolveOffset, pause } = payload;
  const beat = keepBeating(payload.heartbeat);
  const signal = AbortSignal.any([closing, beat.lost]);
  let committedAt = Date.now();
  try {
    for (const message of batch.messages) {
      if (signal.aborted || !payload.isRunning() || payload.isStale()) break;
      try {
        await onRecord(toRecord(batch.topic, batch.partition, message), signal);
      } catch {
        // The handler has said what was wrong; here it only matters that nothing is skipped.
        const resume = pause();
        setTimeout(resume, PAUSE_MS).unref();
        break;
      }
      resolveOffset(message.offset);
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

/** Heartbeats beside the work, which may take longer than the session; kafkajs sends one per interval. */
function keepBeating(heartbeat: () => Promise<void>): { lost: AbortSignal; stop: () => void } {
  const lost = new AbortController();
  const timer = setInterval(() => {
    heartbeat().catch((error: unknown) => lost.abort(error));
  }, HEARTBEAT_MS);
  return { lost: lost.signal, stop: () => clearInterval(timer) };
}

const toRecord = (topic: string, partition: number, message: KafkaMessage): ConsumedRecord => ({
  topic,
  partition,
  offset: BigInt(message.offset),
  key: message.key,
  headers: Object.fromEntries(
    Object.entries(message.headers ?? {}).map(([name, value]) => [
      name,
      String((Array.isArray(value) ? value.at(-1) : value) ?? ''),
    ]),
  ),
  value: message.value,
});
