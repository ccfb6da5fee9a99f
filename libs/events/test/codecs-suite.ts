import { randomBytes, randomUUID } from 'node:crypto';
import { KAFKA_CODECS, sendWithJava, waitUntil, type JavaRecord } from '@core/testing';
import type { ConsumedRecord, KafkaClient } from '../src/index.ts';
import { collect, upTo } from './support.ts';

/** The lowest and the highest level that Kafka's own client accepts. */
const LEVELS = [
  ['gzip', 1],
  ['gzip', 9],
  ['lz4', 1],
  ['lz4', 17],
  ['zstd', -131_072],
  ['zstd', 22],
] as const;

/** Every implementation of KafkaClient must read these records that Kafka's own client writes. */
export function codecsSuite(name: string, open: () => { broker: string; client: KafkaClient }): void {
  describe(`records of Kafka's Java client, read by ${name}`, () => {
    const topicOf = new Map(KAFKA_CODECS.map((codec) => [codec, `spec.${codec}.${randomUUID()}`]));
    const transactional = `spec.transactions.${randomUUID()}`;
    const levels = `spec.levels.${randomUUID()}`;
    const incompressible = randomBytes(300_000);
    const plain: Omit<JavaRecord, 'topic' | 'partition'>[] = [
      {
        key: 'a',
        value: '{"n":1}',
        headers: [
          ['ce_id', 'e-1'],
          ['twice', 'first'],
          ['twice', 'last'],
        ],
      },
      { key: 'b', value: '' },
      { key: null, value: 'no key', headers: [['empty', '']] },
      { key: 'c', value: null },
      { key: '', value: 'ünïcode 🙂', headers: [['ümlaut', 'ö']] },
    ];

    beforeAll(async () => {
      const { broker, client } = open();
      const config = { 'max.message.bytes': '20000000' };
      await client.ensureTopics(
        [...topicOf.values(), transactional, levels].map((topic) => ({ name: topic, partitions: 2, config })),
      );
      const small = (topic: string) => plain.map((record) => ({ topic, partition: 0, ...record }));
      const large = (topic: string): JavaRecord[] => [
        ...upTo(3_000).map((n) => ({
          topic,
          partition: 1,
          key: `k-${n}`,
          value: JSON.stringify({ n, text: 'same'.repeat(50) }),
        })),
        { topic, partition: 1, key: 'large', value: incompressible },
        { topic, partition: 1, key: 'zeros', value: { zeros: 10_000_000 } },
      ];
      const one = (value: string) => [{ topic: transactional, partition: 0, key: 'key', value }];
      await sendWithJava(broker, [
        ...KAFKA_CODECS.flatMap((codec) => {
          const topic = topicOf.get(codec)!;
          // The same records twice: the second batch of the partition follows the first.
          return [small(topic), small(topic), large(topic)].map((records) => ({ codec, records }));
        }),
        ...LEVELS.map(([codec, level]) => {
          const value = `${codec} ${level} `.repeat(100);
          return { codec, level, records: [{ topic: levels, partition: 0, key: 'key', value }] };
        }),
        { codec: 'lz4', transaction: 'commit', records: one('committed') },
        { codec: 'lz4', transaction: 'abort', records: one('aborted') },
        { codec: 'lz4', records: one('last') },
      ]);
    }, 300_000);

    const consumed = async (topic: string, count: number): Promise<ConsumedRecord[]> => {
      const { records, until, close } = await collect(open().client, topic);
      await until(count);
      await close();
      return records;
    };

    it.each(KAFKA_CODECS)(
      'reads %s: each record unchanged, batches of several records, a large batch, no loss',
      async (codec) => {
        const records = await consumed(topicOf.get(codec)!, 2 * plain.length + 3_002);
        const [small, large] = [0, 1].map((partition) =>
          records.filter((record) => record.partition === partition),
        );
        expect(small!.map(({ offset }) => Number(offset))).toEqual(upTo(2 * plain.length).map((n) => n - 1));
        const sent = plain.map(({ key, value, headers = [] }) => ({
          key: key == null ? null : Buffer.from(key),
          value: value === null ? null : Buffer.from(value as string),
          headers: Object.fromEntries(headers),
        }));
        expect(small!.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual([
          ...sent,
          ...sent,
        ]);
        for (const { timestamp } of small!)
          expect(Math.abs(Date.now() - timestamp.getTime())).toBeLessThan(3_600_000);

        expect(large!.map(({ offset }) => Number(offset))).toEqual(upTo(3_002).map((n) => n - 1));
        expect(
          large!.slice(0, 3_000).map(({ value }) => (JSON.parse(String(value)) as { n: number }).n),
        ).toEqual(upTo(3_000));
        expect(large!.at(-2)!.value!.equals(incompressible)).toBe(true);
        expect(large!.at(-1)!.value!.equals(Buffer.alloc(10_000_000))).toBe(true);
      },
    );

    it('reads every level of a codec', async () => {
      const records = await consumed(levels, LEVELS.length);
      expect(records.map(({ value }) => String(value).split(' ', 2))).toEqual(
        LEVELS.map(([codec, level]) => [codec, String(level)]),
      );
    });

    it('leaves out the records of an aborted transaction', async () => {
      const records = await consumed(transactional, 2);
      expect(records.map(({ value }) => String(value))).toEqual(['committed', 'last']);
      expect(records.map(({ offset }) => Number(offset))).toEqual([0, 4]);
    });

    it('commits past the records of an aborted transaction, also at the end of a partition', async () => {
      const { broker, client } = open();
      const topic = `spec.${randomUUID()}`;
      await client.ensureTopics([{ name: topic, partitions: 1, config: {} }]);
      const records = [{ topic, partition: 0, key: 'key', value: 'value' }];
      const groupId = `spec.${randomUUID()}`;
      let seen = 0;
      const consumer = await client.consume({
        groupId,
        topics: [topic],
        onBatch: async (batch) => void (seen += batch.length),
      });
      // Sent one by one, so that no fetch returns a transaction marker together with a record for the
      // handler.
      for (const transaction of ['commit', 'abort', 'abort'] as const) {
        await sendWithJava(broker, [{ codec: 'none', transaction, records }]);
        await waitUntil(async () => (await client.groupOffsets(groupId, topic))[0]?.lag === 0n, {
          what: `no lag after a ${transaction}`,
        });
      }
      await consumer.close();
      expect(seen).toBe(1);
    });
  });
}
