import { connectKafka, kafkaEnv, kafkaOptions, type KafkaClient } from '@core/events';
import { readEnv } from '@core/runtime';
import { OpsError } from '../cli/errors.ts';

/**
 * Connects to Kafka while `work` runs, and passes it the topic names.
 * @throws OpsError when no broker answers
 */
export async function withKafka<T>(
  source: NodeJS.ProcessEnv,
  work: (kafka: KafkaClient, topics: readonly string[]) => Promise<T>,
): Promise<T> {
  const options = kafkaOptions(readEnv(kafkaEnv, source));
  const kafka = connectKafka({ ...options, clientId: 'core-ops' });
  try {
    const topics = await kafka.topics().catch((error: Error) => {
      throw new OpsError(
        `Kafka at ${options.brokers.join(', ')} does not answer: ${error.message}; ` +
          'see KAFKA_BROKER, KAFKA_TLS, KAFKA_SASL',
      );
    });
    return await work(kafka, topics);
  } finally {
    await kafka.close();
  }
}

/**
 * @param partitions one element for each partition of the topic
 * @throws OpsError naming the existing partitions
 */
export function assertPartition(topic: string, partition: number, partitions: readonly unknown[]): void {
  if (partition < partitions.length) return;
  throw new OpsError(`${topic} has no partition ${partition}, only 0 to ${partitions.length - 1}`);
}

/** @throws OpsError naming the missing topic and the existing ones */
export function assertTopicExists(topics: readonly string[], topic: string): void {
  if (topics.includes(topic)) return;
  const own = topics.filter((name) => !name.startsWith('__')).sort();
  throw new OpsError(
    own.length > 0
      ? `no topic ${topic}; the topics are ${own.join(', ')}`
      : `no topic ${topic}; \`npm run ops -- topics\` creates the topics of the service`,
  );
}
