import { allTopics } from '@core/contracts';
import { connectKafka, createTopics, type TopicSpec } from '@core/events';
import { untilReady } from '@core/runtime';

/**
 * Creates the topics of the service, and waits until they can be read: a broker may know the leaders of new
 * topics before it leads them.
 * @param first topics with other settings, created before the others
 */
export async function prepareTopics(
  broker: string,
  first: readonly TopicSpec[],
  say: (line: string) => void,
): Promise<void> {
  const kafka = connectKafka({ brokers: [broker], clientId: 'stack' });
  try {
    await kafka.ensureTopics(first);
    await createTopics(kafka);
    for (const topic of allTopics()) {
      const log = { warn: (_: unknown, message?: string) => say(message ?? `waiting for ${topic}`) };
      await untilReady(() => kafka.endOffsets(topic), { what: topic, log });
    }
  } finally {
    await kafka.close();
  }
}
