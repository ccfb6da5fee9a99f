import type { Admin, Kafka } from 'kafkajs';
import { pause } from '@core/runtime';
import type { KafkaClient, TopicSpec } from '../kafka-client.ts';

/** Questions about topics and offsets; each one on a connection of its own, for they are rare. */
export function createAdmin(
  kafka: Kafka,
): Pick<KafkaClient, 'ensureTopics' | 'topics' | 'endOffsets' | 'lag'> {
  const withAdmin = async <T>(ask: (admin: Admin) => Promise<T>): Promise<T> => {
    const admin = kafka.admin();
    try {
      await admin.connect();
      return await ask(admin);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  };

  return {
    topics: () => withAdmin((admin) => admin.listTopics()),
    ensureTopics: (topics) =>
      withAdmin(async (admin) => {
        const present = new Set(await admin.listTopics());
        const missing = topics.filter(({ name }) => !present.has(name));
        if (missing.length === 0) return [];
        // Two at once: the slower one is told that they exist, which kafkajs returns as false.
        await admin.createTopics({
          topics: missing.map(({ name, partitions, config }) => ({
            topic: name,
            numPartitions: partitions,
            configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
          })),
          // Its own wait fails on a topic that the broker has not heard of yet from the controller.
          waitForLeaders: false,
        });
        await untilLed(admin, missing);
        return missing.map(({ name }) => name);
      }),
    endOffsets: (topic) => withAdmin((admin) => ends(admin, topic)),
    lag: (groupId, topic) =>
      withAdmin(async (admin) => {
        const [topicEnds, [committed]] = [
          await ends(admin, topic),
          await admin.fetchOffsets({ groupId, topics: [topic] }),
        ];
        // -1: nothing committed yet, the group begins at the beginning.
        const done = new Map(
          committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]),
        );
        return topicEnds.reduce((sum, end, partition) => sum + end - max0(done.get(partition) ?? 0n), 0n);
      }),
  };
}

const NOT_YET = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'];
const LED_WITHIN_MS = 60_000;

/** Waits until the broker that we ask knows a leader for every partition: only then can they be used. */
async function untilLed(admin: Admin, topics: readonly TopicSpec[]): Promise<void> {
  const names = topics.map(({ name }) => name);
  for (const end = Date.now() + LED_WITHIN_MS; ;) {
    try {
      const metadata = await admin.fetchTopicMetadata({ topics: names });
      if (metadata.topics.every(({ partitions }) => partitions.length > 0 && partitions.every(isLed))) return;
    } catch (error) {
      if (!NOT_YET.includes((error as { type?: string }).type ?? '')) throw error;
    }
    if (Date.now() > end) throw new Error(`no leader yet for every partition of ${names.join(', ')}`);
    await pause(100);
  }
}

const isLed = ({ leader }: { leader: number }): boolean => leader >= 0;

async function ends(admin: Admin, topic: string): Promise<bigint[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.sort((a, b) => a.partition - b.partition).map(({ high }) => BigInt(high));
}

const max0 = (n: bigint): bigint => (n < 0n ? 0n : n);
