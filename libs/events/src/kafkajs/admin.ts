import type { Admin, ConfigResourceTypes, Kafka } from 'kafkajs';
import { pause } from '@core/runtime';
import type { GroupOffset, KafkaClient, TopicSpec } from '../kafka-client.ts';
import { readAcls, writeAcls } from './acls.ts';
import { offsetsOf } from './offsets.ts';

/** Questions about topics and offsets; each one on a connection of its own, for they are rare. */
export function createAdmin(
  kafka: Kafka,
): Pick<
  KafkaClient,
  | 'ensureTopics'
  | 'topics'
  | 'brokers'
  | 'describeTopics'
  | 'endOffsets'
  | 'offsetsAt'
  | 'setGroupOffsets'
  | 'groupOffsets'
  | 'lag'
  | 'acls'
  | 'createAcls'
> {
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
    brokers: () => withAdmin(async (admin) => (await admin.describeCluster()).brokers.length),
    ensureTopics: (topics) =>
      withAdmin(async (admin) => {
        const present = new Set(await admin.listTopics());
        const missing = topics.filter(({ name }) => !present.has(name));
        if (missing.length === 0) return [];
        // Two at once: the slower one is told that they exist, which kafkajs returns as false.
        await admin.createTopics({
          topics: missing.map(({ name, partitions, replicas, config }) => ({
            topic: name,
            numPartitions: partitions,
            ...(replicas === undefined ? {} : { replicationFactor: replicas }),
            configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
          })),
          // Its own wait fails on a topic that the broker has not heard of yet from the controller.
          waitForLeaders: false,
        });
        await untilLed(admin, missing);
        return missing.map(({ name }) => name);
      }),
    describeTopics: (names, settings) => withAdmin((admin) => describe(admin, names, settings)),
    acls: () => withAdmin(readAcls),
    createAcls: (acls) => withAdmin((admin) => writeAcls(admin, acls)),
    endOffsets: (topic) =>
      withAdmin(async (admin) => (await offsetsOf(admin, topic)).map(({ high }) => high)),
    offsetsAt: (topic, time) =>
      withAdmin(async (admin) => {
        const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, time.getTime());
        return offsets.sort((a, b) => a.partition - b.partition).map(({ offset }) => BigInt(offset));
      }),
    setGroupOffsets: (groupId, topic, offsets) =>
      withAdmin((admin) =>
        admin.setOffsets({
          groupId,
          topic,
          partitions: offsets.map((offset, partition) => ({ partition, offset: String(offset) })),
        }),
      ),
    groupOffsets: (groupId, topic) => withAdmin((admin) => groupOffsetsOf(admin, groupId, topic)),
    lag: (groupId, topic) =>
      withAdmin(async (admin) =>
        (await groupOffsetsOf(admin, groupId, topic)).reduce((sum, { lag }) => sum + lag, 0n),
      ),
  };
}

/** Errors of a broker that pass in a moment. */
const NOT_LED_YET = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'];
const NOT_COORDINATED_YET = [
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
];
const WITHIN_MS = 60_000;

/** Waits until the broker that we ask knows a leader for every partition: only then can they be used. */
async function untilLed(admin: Admin, topics: readonly TopicSpec[]): Promise<void> {
  const names = topics.map(({ name }) => name);
  await untilAnswered(NOT_LED_YET, async () => {
    const metadata = await admin.fetchTopicMetadata({ topics: names });
    const led = metadata.topics.every(({ partitions }) => partitions.length > 0 && partitions.every(isLed));
    return led ? metadata : undefined;
  });
  // Being named is not enough: a leader learns it a moment later, and refuses until then.
  for (const name of names) await offsetsOf(admin, name);
}

const isLed = ({ leader }: { leader: number }): boolean => leader >= 0;

/** Asks again until there is an answer, and while the error is one of `passing`. @throws the last error after a minute */
async function untilAnswered<T>(passing: readonly string[], ask: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + WITHIN_MS; ; await pause(100)) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (Date.now() > end) throw new Error('no leader yet for every partition');
    } catch (error) {
      if (!passing.includes((error as { type?: string }).type ?? '') || Date.now() > end) throw error;
    }
  }
}

async function groupOffsetsOf(admin: Admin, groupId: string, topic: string): Promise<GroupOffset[]> {
  // Before the ends: the other way round, what is committed in between would be ahead of them.
  const [group] = await untilAnswered(NOT_COORDINATED_YET, () =>
    admin.fetchOffsets({ groupId, topics: [topic] }),
  );
  const offsets = await offsetsOf(admin, topic);
  const done = new Map(group?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  return offsets.map(({ low, high }, partition) => {
    const offset = done.get(partition) ?? NOTHING;
    const committed = offset === NOTHING ? undefined : offset;
    // Records that retention has deleted are no lag: nobody can read them.
    const next = committed === undefined || committed < low ? low : committed;
    return { first: low, end: high, committed, lag: high - next };
  });
}

/** Kafka's word for a partition of which the group has committed nothing: it begins at the beginning. */
const NOTHING = -1n;

// Node finds no name behind CompressionTypes in kafkajs's CommonJS exports, so this one cannot be imported.
const TOPIC = 2 as ConfigResourceTypes.TOPIC;

async function describe(
  admin: Admin,
  names: readonly string[],
  settings: readonly string[],
): Promise<TopicSpec[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [...names] });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: TOPIC, name, configNames: [...settings] })),
  });
  const configs = new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
  return topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.length,
    replicas: Math.min(...partitions.map((partition) => partition.replicas.length)),
    config: configs.get(name) ?? {},
  }));
}
