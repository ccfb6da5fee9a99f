import { connectKafka, createTopics, kafkaEnv, kafkaOptions } from '@core/events';
import { readEnv } from '@core/runtime';

/** Creates the topics that are missing, with the documented partitions and retention. */
export async function topics(): Promise<void> {
  const kafka = connectKafka({ ...kafkaOptions(readEnv(kafkaEnv)), clientId: 'core-ops' });
  try {
    const created = await createTopics(kafka);
    console.log(created.length ? `created ${created.join(', ')}` : 'every topic was there');
  } finally {
    await kafka.close();
  }
}
