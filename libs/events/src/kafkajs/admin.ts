import type { Admin, ConfigResourceTypes, Kafka } from 'kafkajs';
import { pause } from '@core/runtime';
import type { GroupOffset, KafkaClient, TopicSpec } from '../kafka-client.ts';
import { readAcls, writeAcls } from './acls.ts';
import { offsetsOf } from './offsets.ts';

/** Creates the requests about topics and offsets. Each uses a separate connection, because they are rare. */
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
  const withAdmin = async <T>(request: (admin: Admin) => Promise<T>): Promise<T> => {
    const admin = kafka.admin();
    try {
      await admin.connect();
      return await request(admin);
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
        // When two processes do this at once, the slower one gets the error that the topics exist. kafkajs
        // returns it as false.
        await admin.createTopics({
          topics: missing.map(({ name, partitions, replicas, config }) => ({
            topic: name,
            numPartitions: partitions,
            ...(replicas === undefined ? {} : { replicationFactor: replicas }),
            configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
          })),
          // kafkajs's own wait fails on a topic that the broker has not received from the controller yet.
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

/** Errors of a broker that are resolved within a moment. */
const NOT_LED_YET = ['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'];
const NOT_COORDINATED_YET = [
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
];
const WITHIN_MS = 60_000;

/** Waits until the queried broker knows a leader for every partition: only then can the topics be used. */
async function untilLed(admin: Admin, topics: readonly TopicSpec[]): Promise<void> {
  const names = topics.map(({ name }) => name);
  await untilAnswered(NOT_LED_YET, async () => {
    const metadata = await admin.fetchTopicMetadata({ topics: names });
    const led = metadata.topics.every(({ partitions }) => partitions.length > 0 && partitions.every(isLed));
    return led ? metadata : undefined;
  });
  // The metadata is not enough: a leader receives its role a moment later, and refuses requests until then.
  for (const name of names) await offsetsOf(admin, name);
}

const isLed = ({ leader }: { leader: number }): boolean => leader >= 0;

/**
 * Repeats a request until it returns an answer, and while its error is one of `passing`.
 * @throws any other error, or the last one after a minute
 */
async function untilAnswered<T>(
  passing: readonly string[],
  request: () => Promise<T | undefined>,
): Promise<T> {
  for (const end = Date.now() + WITHIN_MS; ; await pause(100)) {
    try {
      const answer = await request();
      if (answer !== undefined) return answer;
      if (Date.now() > end) throw new Error('no leader yet for every partition');
    } catch (error) {
      if (!passing.includes((error as { type?: string }).type ?? '') || Date.now() > end) throw error;
    }
  }
}

async function groupOffsetsOf(admin: Admin, groupId: string, topic: string): Promise<GroupOffset[]> {
  // Fetched before the end offsets: in the other order, an offset committed in between would exceed the end.
  const [group] = await untilAnswered(NOT_COORDINATED_YET, () =>
    admin.fetchOffsets({ groupId, topics: [topic] }),
  );
  const offsets = await offsetsOf(admin, topic);
  const done = new Map(group?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  return offsets.map(({ low, high }, partition) => {
    const offset = done.get(partition) ?? NOTHING;
    const committed = offset === NOTHING ? undefined : offset;
    // Records that retention has deleted do not count: no consumer can read them.
    const next = committed === undefined || committed < low ? low : committed;
    return { first: low, end: high, committed, lag: high - next };
  });
}

/** Kafka's value for a partition without a committed offset. The group starts at the oldest record. */
const NOTHING = -1n;

// Node does not detect the exports after CompressionTypes in kafkajs's CommonJS module, so this enum cannot
// be imported.
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
