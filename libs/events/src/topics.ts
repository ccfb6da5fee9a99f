import { allTopics, deadLetterTopic, Topic, TOPIC_PARTITIONS } from '@core/contracts';
import type { TopicSpec } from './kafka-client.ts';

const DAY_MS = 86_400_000;

/**
 * How long records are kept. A week lets a consumer that was down over a weekend catch up; dead letters
 * stay a month, for they wait for a person. None is compacted: an event tells of one change, and a
 * consumer that audits wants each of them.
 */
const RETENTION_MS = 7 * DAY_MS;
const DEAD_LETTER_RETENTION_MS = 30 * DAY_MS;

/**
 * How long the inbox remembers an event: a record that Kafka still has may come again, and a day more for the
 * log file that its retention cuts late. Dead letters are not in the inbox: they were not applied.
 */
export const INBOX_DAYS = RETENTION_MS / DAY_MS + 1;

/**
 * Every topic of the service with its partitions and settings; the number of brokers determines its
 * replication.
 */
export const topicSpecs = (): TopicSpec[] => {
  const deadLetterTopics = new Set(Object.values(Topic).map(deadLetterTopic));
  return allTopics().map((name) => ({
    name,
    partitions: TOPIC_PARTITIONS,
    config: {
      'cleanup.policy': 'delete',
      'retention.ms': String(deadLetterTopics.has(name) ? DEAD_LETTER_RETENTION_MS : RETENTION_MS),
    },
  }));
};
