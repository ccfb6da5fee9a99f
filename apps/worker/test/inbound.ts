import { randomUUID } from 'node:crypto';
import { deadLetterTopic, Topic } from '@core/contracts';
import { runConsumer, type ConsumedRecord, type KafkaClient } from '@core/events';
import { createLogger, Registry } from '@core/runtime';
import { waitUntil } from '@core/testing';
import { TOPICS } from '../src/topics.ts';
import { connect, openDatabase } from './support.ts';

export const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Starts the worker's consumer with separate topics and a separate database for one spec file. */
export async function openInbound() {
  const groupId = `spec.${randomUUID()}`;
  const rfm = `spec.rfm.${randomUUID()}`;
  const gdpr = `spec.gdpr.${randomUUID()}`;
  const database = await openDatabase();
  const client = connect();
  const names = [rfm, gdpr].flatMap((topic) => [topic, deadLetterTopic(topic)]);
  await client.ensureTopics(names.map((name) => ({ name, partitions: 1, config: {} })));
  const consume = (kafka: KafkaClient) =>
    runConsumer({
      client: kafka,
      groupId,
      topics: { [rfm]: TOPICS[Topic.rfmUpdated]!, [gdpr]: TOPICS[Topic.gdprRequestCreated]! },
      context: ({ eventId }) => ({ ...database.ctx, caller: 'worker', requestId: eventId, traceparent }),
      unknownWait: 0,
      pool: database.pool,
      log: createLogger('spec', 'silent'),
      metrics: new Registry(),
    });
  const consumer = await consume(client);

  const deadLetters = async (topic: string): Promise<ConsumedRecord[]> => {
    const records: ConsumedRecord[] = [];
    for await (const record of client.read(deadLetterTopic(topic))) records.push(record);
    return records;
  };
  /** Returns the headers of the dead letter with this event_id, whose body was not dropped. */
  const letterOf = async (topic: string, eventId: string) =>
    (await deadLetters(topic)).find(({ value }) => String(value).includes(eventId))?.headers;
  return {
    groupId,
    rfm,
    gdpr,
    database,
    client,
    consume,
    deadLetters,
    /** Sends bodies to a topic and waits until the consumer has processed them. */
    async deliver(topic: string, ...bodies: (object | string)[]): Promise<void> {
      const producer = await client.producer();
      await producer.send(
        bodies.map((body) => ({
          topic,
          key: 'key',
          headers: {},
          value: typeof body === 'string' ? body : JSON.stringify(body),
        })),
      );
      await waitUntil(async () => (await client.lag(groupId, topic)) === 0n, {
        what: 'the consumer to be done',
      });
    },
    reasonOf: async (topic: string, eventId: string) => (await letterOf(topic, eventId))?.['dlq_reason'],
    /** Returns "field: rule" of a dead letter. */
    faultOf: async (topic: string, eventId: string) => {
      const letter = await letterOf(topic, eventId);
      return `${letter?.['dlq_field']}: ${letter?.['dlq_rule']}`;
    },
    close: async () => {
      await consumer.close();
      await client.close();
      await database.close();
    },
  };
}
export type Inbound = Awaited<ReturnType<typeof openInbound>>;
