import { randomUUID } from 'node:crypto';
import type { EachBatchPayload, Kafka } from 'kafkajs';
import type { ConsumedRecord, ReadOptions, UnreadableRecords } from '../kafka-client.ts';
import { HEARTBEAT_MS, startHeartbeats } from './heartbeat.ts';
import { offsetsOf } from './offsets.ts';
import { partsOf } from './parts.ts';

interface Portion {
  records: ConsumedRecord[];
  /** Called once the reader has received all of them. */
  taken: () => void;
}

/**
 * Implements KafkaClient.read. kafkajs fetches only for members of groups, so the reader is the only member
 * of a group with a random name, which the broker forgets when it has left. Rejected: a fetch without a
 * group, which would require our own client.
 */
export async function* readTopic(
  kafka: Kafka,
  topic: string,
  { signal, onUnreadable, ...range }: ReadOptions = {},
): AsyncGenerator<ConsumedRecord> {
  signal?.throwIfAborted();
  const wanted = await wantedOffsets(kafka, topic, range);
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
  // kafkajs restarts after a transient error, such as a coordinator that is still loading its groups.
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (!restart) fail(error);
  });
  // Nothing is committed, so the position is set after every join.
  consumer.on(consumer.events.GROUP_JOIN, () => {
    for (const [partition, { begin }] of wanted) consumer.seek({ topic, partition, offset: String(begin) });
  });
  const finish = (partition: number) => {
    wanted.delete(partition);
    consumer.pause([{ topic, partitions: [partition] }]);
    news.resolve();
  };
  // Also emitted for a batch without records for us: control records and compacted ones reach no handler.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    const range = wanted.get(partition);
    if (range && BigInt(lastOffset) + 1n >= range.end) finish(partition);
  });
  const handOver = async (records: ConsumedRecord[], heartbeat: () => Promise<void>): Promise<void> => {
    const beat = startHeartbeats(heartbeat);
    const taken = Promise.withResolvers<void>();
    portions.push({ records, taken: taken.resolve });
    news.resolve();
    await Promise.race([taken.promise, ended.promise]);
    void beat.stop();
  };
  const eachBatch = async ({ batch, heartbeat }: EachBatchPayload): Promise<void> => {
    const { partition } = batch;
    for (const part of partsOf(batch)) {
      const range = wanted.get(partition);
      if (!range) return;
      if ('unreadable' in part) {
        if (part.unreadable.first >= range.end) continue;
        if (!onUnreadable) return fail(new Error(describe(part.unreadable)));
        onUnreadable(part.unreadable);
        return finish(partition);
      }
      const records = part.records.filter(({ offset }) => offset >= range.begin && offset < range.end);
      range.begin = BigInt(part.last) + 1n;
      if (records.length > 0) await handOver(records, heartbeat);
    }
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

const describe = ({ topic, partition, first, last, why }: UnreadableRecords): string =>
  `the offsets ${first} to ${last} of ${topic}, partition ${partition}, cannot be read: ${why}`;

/** Returns the offsets to read, by partition; partitions with nothing to read are left out. */
async function wantedOffsets(
  kafka: Kafka,
  topic: string,
  { from, to }: Pick<ReadOptions, 'from' | 'to'>,
): Promise<Map<number, { begin: bigint; end: bigint }>> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const ranges = (await offsetsOf(admin, topic)).map(({ low, high }, partition) => {
      const first = from?.get(partition) ?? low;
      const last = to?.get(partition) ?? high;
      return [partition, { begin: first > low ? first : low, end: last < high ? last : high }] as const;
    });
    return new Map(ranges.filter(([, { begin, end }]) => begin < end));
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
