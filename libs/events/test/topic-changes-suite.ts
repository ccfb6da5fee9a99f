import { randomUUID } from 'node:crypto';
import { addPartitions, deleteTopic, waitUntil } from '@core/testing';
import type { KafkaClient } from '../src/index.ts';
import { newTopic, upTo } from './support.ts';

/** The behavior that every implementation of KafkaClient must have when its topics change. */
export function topicChangesSuite(
  name: string,
  open: () => { broker: string; client: KafkaClient; connect: () => KafkaClient },
): void {
  describe(`topics that change, with ${name}`, () => {
    const consume = async (topic: string) => {
      const seen: string[] = [];
      const consumer = await open().client.consume({
        groupId: `spec.${randomUUID()}`,
        topics: [topic],
        onBatch: async (records) => void seen.push(...records.map(({ value }) => String(value))),
      });
      return { consumer, seen };
    };
    /** Sends with a separate client, which has no earlier metadata of the topic. */
    const send = async (topic: string, keys: readonly string[]) => {
      const client = open().connect();
      const producer = await client.producer();
      await producer.send(keys.map((key) => ({ topic, key, headers: {}, value: key })));
      await client.close();
    };

    it('reads records of partitions that were added, within a minute', async () => {
      const { broker, client } = open();
      const topic = await newTopic(client, { partitions: 1 });
      const { consumer, seen } = await consume(topic);
      await send(topic, ['before']);
      await waitUntil(() => seen.includes('before'), { what: 'the first record' });
      await addPartitions(broker, topic, 4);
      const keys = upTo(40).map((n) => `key-${n}`);
      const addedAt = Date.now();
      await send(topic, keys);
      await waitUntil(() => seen.length > keys.length, { what: 'the records of the new partitions' });
      const seconds = (Date.now() - addedAt) / 1_000;
      process.stdout.write(`records in added partitions were read after ${seconds.toFixed(1)} s\n`);
      expect(seconds).toBeLessThan(60);
      expect(seen.toSorted()).toEqual(['before', ...keys].toSorted());
      expect(consumer.joined()).toBe(true);
      await consumer.close();
    });

    it('survives the deletion of its topic, and reads the topic when it exists again', async () => {
      const { broker, client } = open();
      const [topic, other] = [
        await newTopic(client, { partitions: 2 }),
        await newTopic(client, { partitions: 2 }),
      ];
      const [deleted, stays] = [await consume(topic), await consume(other)];
      await send(topic, ['1', '2', '3']);
      await waitUntil(() => deleted.seen.length === 3, { what: 'the records before' });
      await deleteTopic(broker, topic);
      await waitUntil(() => !deleted.consumer.joined(), { what: 'the deletion to be detected' });
      await send(other, ['other']);
      await waitUntil(() => stays.seen.includes('other'), { what: 'the other topic' });
      expect(stays.consumer.joined()).toBe(true);

      await client.ensureTopics([{ name: topic, partitions: 2, config: {} }]);
      const createdAt = Date.now();
      await send(topic, ['4', '5', '6']);
      await waitUntil(() => deleted.seen.length === 6, { what: 'the records after' });
      process.stdout.write(
        `a topic that was created again was read after ${((Date.now() - createdAt) / 1_000).toFixed(1)} s\n`,
      );
      expect(Date.now() - createdAt).toBeLessThan(60_000);
      expect(deleted.consumer.joined()).toBe(true);
      await Promise.all([deleted.consumer.close(), stays.consumer.close()]);
    });
  });
}
