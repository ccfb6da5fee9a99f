import { randomUUID } from 'node:crypto';
import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { ConsumedRecord, ReadOptions } from '../kafka-client.ts';
import { HEARTBEAT_MS, keepBeating } from './heartbeat.ts';
import { offsetsOf } from './offsets.ts';
import { toRecord } from './record.ts';

interface Portion {
  records: ConsumedRecord[];
  /** The reader has had them all. */
  taken: () => void;
}

/**
 * See KafkaClient.read. kafkajs fetches for members of groups alone, so the reader is the one member of a group
 * with a random name, which the broker forgets when it has left; its fetch by hand would be a client of our own.
 */
export async function* readTopic(
  kafka: Kafka,
  topic: string,
  { from, signal }: ReadOptions = {},
): AsyncGenerator<ConsumedRecord> {
  signal?.throwIfAborted();
  const wanted = await wantedOffsets(kafka, topic, from);
  if (wanted.size === 0) return;

  const portions: Portion[] = [];
  const ended = Promise.withResolvers<void>();
  let failure: unknown;
  let news = Promise.withResolvers<void>();
  const fail = (error: unknown) => {
    failure ??= error;
    news.resolve();
  };
  const stop = () => fail(signal?.reason);
  signal?.addEventListener('abort', stop);

  const consumer = kafka.consumer({
    groupId: `read.${randomUUID()}`,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: 1_000,
    allowAutoTopicCreation: false,
  });
  // kafkajs begins anew after what may pass, such as a coordinator that is still loading its groups.
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) fail(error);
  });
  // Nothing is committed: it goes on from here after every join.
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const [partition, { begin }] of wanted) consumer.seek({ topic, partition, offset: String(begin) });
  });
  // Said also of a batch without records of ours: control records and compacted ones come to no handler.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    const range = wanted.get(partition);
    if (!range || BigInt(lastOffset) + 1n < range.end) return;
    wanted.delete(partition);
    consumer.pause([{ topic, partitions: [partition] }]);
    news.resolve();
  });
  const eachBatch = async ({ batch, heartbeat }: EachBatchPayload): Promise<void> => {
    const { partition } = batch;
    const range = wanted.get(partition);
    const records = batch.messages
      .map((message) => toRecord(topic, partition, message))
      .filter(({ offset }) => range && offset >= range.begin && offset < range.end);
    const last = records.at(-1);
    if (!range || !last) return;
    range.begin = last.offset + 1n;
    const beat = keepBeating(heartbeat);
    const taken = Promise.withResolvers<void>();
    portions.push({ records, taken: taken.resolve });
    news.resolve();
    await Promise.race([taken.promise, ended.promise]);
    beat.stop();
  };

  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ autoCommit: false, partitionsConsumedConcurrently: 4, eachBatch });
    for (;;) {
      for (let portion; (portion = portions.shift()); portion.taken()) {
        for (const record of portion.records) {
          if (failure) throw failure;
          yield record;
        }
      }
      if (failure) throw failure;
      if (wanted.size === 0) return;
      await news.promise;
      news = Promise.withResolvers();
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    ended.resolve();
    await consumer.disconnect().catch(() => undefined);
  }
}

/** What there is to read, by partition; partitions with nothing are left out. */
async function wantedOffsets(
  kafka: Kafka,
  topic: string,
  from: ReadOptions['from'],
): Promise<Map<number, { begin: bigint; end: bigint }>> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const ranges = (await offsetsOf(admin, topic)).map(({ low, high }, partition) => {
      const first = from?.get(partition) ?? low;
      return [partition, { begin: first > low ? first : low, end: high }] as const;
    });
    return new Map(ranges.filter(([, { begin, end }]) => begin < end));
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
