import { allTopics, deadLetterTopic, Topic, TOPIC_PARTITIONS } from '@core/contracts';
import type { TopicSpec } from './kafka-client.ts';

const DAY_MS = 86_400_000;

/**
 * How long records are kept. A week lets a consumer that was down over a weekend catch up. Dead letters are
 * kept for 30 days, because they wait for an operator. No topic is compacted: an event describes one change,
 * and a consumer that audits needs each of them.
 */
const RETENTION_MS = 7 * DAY_MS;
const DEAD_LETTER_RETENTION_MS = 30 * DAY_MS;

/**
 * How long the inbox remembers an event: as long as Kafka may deliver its record again. The extra day covers
 * the log file that retention deletes late. Dead letters are not in the inbox, because they were not applied.
 */
export const INBOX_DAYS = RETENTION_MS / DAY_MS + 1;

/**
 * Returns every topic of the service with its partitions and settings. The number of brokers determines its
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
