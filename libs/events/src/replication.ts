import { Gauge, type Logger, type Registry } from '@core/runtime';
import type { KafkaClient, TopicSpec } from './kafka-client.ts';
import { topicSpecs } from './topics.ts';

/**
 * The durability of a record: it has `replicas` copies, and a write is acknowledged once `minInSync` of them
 * have it.
 */
export interface Replication {
  replicas: number;
  minInSync: number;
}

/** Three replicas, of which one may be unavailable without a lost record or a refused write. */
export const TARGET_REPLICATION: Replication = { replicas: 3, minInSync: 2 };

const MIN_IN_SYNC = 'min.insync.replicas';

/**
 * Returns the best replication for this number of brokers. The number of replicas that must be in sync is one
 * lower than the number of replicas, so that a broker can be restarted. With the broker's defaults a topic
 * has one replica, and a failed disk loses it.
 */
export function replicationFor(brokers: number): Replication {
  const replicas = Math.max(1, Math.min(TARGET_REPLICATION.replicas, brokers));
  return { replicas, minInSync: Math.max(1, replicas - 1) };
}

/** Returns every topic of the service, with the replication to use for this number of brokers. */
export function replicatedTopicSpecs(brokers: number): TopicSpec[] {
  const { replicas, minInSync } = replicationFor(brokers);
  return topicSpecs().map((spec) => ({
    ...spec,
    replicas,
    config: { ...spec.config, [MIN_IN_SYNC]: String(minInSync) },
  }));
}

/** Creates the missing topics; safe to run again. @returns the names of the created topics */
export const createTopics = async (
  client: Pick<KafkaClient, 'brokers' | 'ensureTopics'>,
): Promise<string[]> => client.ensureTopics(replicatedTopicSpecs(await client.brokers()));

interface Found extends Replication {
  topic: string;
}

/**
 * Reads how topics are replicated. @throws while no broker answers, or when this user may not read a topic's
 * settings
 */
export async function readReplication(
  client: Pick<KafkaClient, 'describeTopics'>,
  names = topicSpecs().map(({ name }) => name),
): Promise<Found[]> {
  const found = await client.describeTopics(names, [MIN_IN_SYNC]);
  return found.map(({ name, replicas = 0, config }) => ({
    topic: name,
    replicas,
    minInSync: Number(config[MIN_IN_SYNC]),
  }));
}

/**
 * Returns whether there are fewer replicas than wanted, or no broker may be unavailable: then writes are
 * refused while one restarts.
 */
export const isUnderReplicated = ({ replicas, minInSync }: Replication): boolean =>
  replicas < TARGET_REPLICATION.replicas || minInSync < TARGET_REPLICATION.minInSync || minInSync >= replicas;

interface ReportReplication {
  log: Pick<Logger, 'warn'>;
  metrics: Registry;
  production: boolean;
  /** Every topic of the service unless given. */
  names?: string[];
}

/**
 * Reports at an app's start how the topics are replicated: in metrics, and in production in a warning that
 * names the weak ones. It is not an error: the topics contain events, and an app that waited for their
 * reassignment would publish none. If the user may not read the settings, a log message reports that instead.
 */
export async function reportReplication(
  client: Pick<KafkaClient, 'describeTopics'>,
  { log, metrics, production, names }: ReportReplication,
): Promise<void> {
  const registers = [metrics];
  const replicas = new Gauge({
    name: 'core_topic_replicas',
    help: 'Replicas of each record of a topic, read at the start; with fewer than 3 a failed disk may lose records',
    labelNames: ['topic'],
    registers,
  });
  const inSync = new Gauge({
    name: 'core_topic_min_insync_replicas',
    help: 'Replicas that a write waits for, read at the start; 2 are recommended',
    labelNames: ['topic'],
    registers,
  });
  try {
    const found = await readReplication(client, names);
    for (const { topic, ...is } of found) {
      replicas.set({ topic }, is.replicas);
      inSync.set({ topic }, is.minInSync);
    }
    const weak = found.filter(isUnderReplicated);
    if (!production || weak.length === 0) return;
    log.warn(
      { topics: weak, wanted: TARGET_REPLICATION },
      'these topics may lose acknowledged events or refuse writes when a broker is unavailable: add brokers, reassign their ' +
        'partitions and set min.insync.replicas; `npm run ops -- topics` names each setting',
    );
  } catch (err) {
    log.warn(
      { err },
      'could not read how the topics are replicated; the Kafka user needs Describe and DescribeConfigs on them',
    );
  }
}
