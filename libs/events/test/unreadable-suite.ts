import { randomUUID } from 'node:crypto';
import {
  damageBatch,
  sendWithJava,
  waitUntil,
  type JavaRecord,
  type KafkaCodec,
  type StoredBatch,
} from '@core/testing';
import { crc32c } from '../src/codecs/crc32c.ts';
import type { EventConsumer, KafkaClient, UnreadableRecords } from '../src/index.ts';
import { upTo } from './support.ts';

const COMPRESSED = ['gzip', 'snappy', 'lz4', 'zstd'] as const;

interface Damage {
  codec: KafkaCodec;
  why: RegExp;
  change?: (batch: StoredBatch) => void;
  /** The values of its records. */
  values?: JavaRecord['value'][];
}

/** Applies a change and corrects the CRC: a producer may write a batch that no consumer can read. */
const withCrc = (change: (batch: StoredBatch) => void) => (batch: StoredBatch) => {
  change(batch);
  batch.bytes.writeUInt32BE(crc32c(batch.bytes.subarray(21)), 17);
};
/** Overwrites the second half, which every codec detects. */
const wiped = withCrc(({ body }) => void body.fill(0xa5, body.length >> 1));

const DAMAGES: Record<string, Damage> = {
  'a CRC that does not match': { codec: 'none', why: /CRC/, change: ({ body }) => void (body[9]! ^= 1) },
  'an unknown codec': {
    codec: 'none',
    why: /codec 5 is unknown/,
    change: withCrc(({ bytes }) => void (bytes[22]! |= 5)),
  },
  'an unknown format': {
    codec: 'none',
    why: /format 9 is unknown/,
    change: ({ bytes }) => void (bytes[16] = 9),
  },
  'a count that is too high': {
    codec: 'none',
    why: /ends too early/,
    change: withCrc(({ bytes }) => void bytes.writeInt32BE(4, 57)),
  },
  ...Object.fromEntries(
    COMPRESSED.flatMap((codec): [string, Damage][] => [
      [`damaged ${codec}`, { codec, why: new RegExp(`${codec}|early|record|larger`), change: wiped }],
      [`a ${codec} bomb`, { codec, why: /larger than 67108864 bytes/, values: [{ zeros: 70_000_000 }] }],
    ]),
  ),
};
const names = Object.keys(DAMAGES);
const LOST = Array.from({ length: 3 }, () => 'lost'.repeat(50));

/** A consumer of the topic of one damage. */
interface Case {
  topic: string;
  groupId: string;
  /** The last of the lost offsets. */
  last: bigint;
  seen: string[];
  reported: UnreadableRecords[];
  consumer: EventConsumer;
}

/** The behavior that every implementation of KafkaClient must have for records that it cannot read. */
export function unreadableSuite(
  name: string,
  open: () => { broker: string; client: KafkaClient; dir: string },
): void {
  describe(`records that cannot be read, with ${name}`, () => {
    const cases = new Map<string, Case>();
    let decided = false;

    const consume = async (topic: string, last: bigint): Promise<Case> => {
      const groupId = `spec.${randomUUID()}`;
      const seen: string[] = [];
      const reported: UnreadableRecords[] = [];
      const consumer = await open().client.consume({
        groupId,
        topics: [topic],
        onBatch: async (records) => void seen.push(...records.map(({ value }) => String(value))),
        onUnreadable: async (found) => {
          reported.push(found);
          if (!decided) throw new Error('no operator has decided');
        },
      });
      return { topic, groupId, last, seen, reported, consumer };
    };

    // Partition 0: two records, then the batch that is damaged, then two more. Partition 1: two records.
    beforeAll(async () => {
      const { broker, client, dir } = open();
      const topics = new Map(names.map((damage) => [damage, `spec.${randomUUID()}`]));
      const config = { 'max.message.bytes': '20000000' };
      await client.ensureTopics(
        [...topics.values()].map((topic) => ({ name: topic, partitions: 2, config })),
      );
      await sendWithJava(
        broker,
        names.flatMap((damage) => {
          const { codec, values = LOST } = DAMAGES[damage]!;
          const records = (partition: number, those: JavaRecord['value'][]) =>
            those.map((value) => ({ topic: topics.get(damage)!, partition, key: 'key', value }));
          return [
            { codec: 'none' as const, records: [...records(0, ['1', '2']), ...records(1, ['a', 'b'])] },
            { codec, records: records(0, values) },
            { codec: 'gzip' as const, records: records(0, ['3', '4']) },
          ];
        }),
      );
      for (const [damage, topic] of topics) {
        const { change, values = LOST } = DAMAGES[damage]!;
        if (change) damageBatch(dir, { topic, partition: 0, offset: 2 }, change);
        cases.set(damage, await consume(topic, BigInt(1 + values.length)));
      }
    }, 300_000);
    afterAll(() => Promise.all([...cases.values()].map(({ consumer }) => consumer.close())));

    it.each(names)('%s: blocks only its own partition, and is reported', async (damage) => {
      const { client } = open();
      const { topic, groupId, seen, reported, last, consumer } = cases.get(damage)!;
      await waitUntil(() => reported.length > 0 && seen.length >= 4, { what: 'the readable records' });
      expect(seen.toSorted()).toEqual(['1', '2', 'a', 'b']);
      const producer = await client.producer();
      await producer.send(upTo(20).map((n) => ({ topic, key: `key-${n}`, headers: {}, value: 'later' })));
      await waitUntil(() => seen.includes('later'), { what: 'the other partition to continue' });
      const why: unknown = expect.stringMatching(DAMAGES[damage]!.why);
      for (const found of reported)
        expect(found).toMatchObject({ topic, partition: 0, first: 2n, last, why });
      expect(reported[0]!.raw!.readBigInt64BE(0)).toBe(2n);
      await waitUntil(async () => (await client.groupOffsets(groupId, topic))[0]!.committed === 2n, {
        what: 'the commit before it',
      });
      expect(consumer.joined()).toBe(true);
    });

    it('make a read throw, or leave out the rest of their partition and are reported', async () => {
      const { client } = open();
      const { topic } = cases.get('an unknown codec')!;
      const reading = async (options?: Parameters<KafkaClient['read']>[1]) => {
        const values: string[] = [];
        for await (const { value } of client.read(topic, options)) values.push(String(value));
        return values.filter((value) => value !== 'later').toSorted();
      };
      await expect(reading()).rejects.toThrow(
        `the offsets 2 to 4 of ${topic}, partition 0, cannot be read: the codec 5 is unknown`,
      );
      const reported: UnreadableRecords[] = [];
      expect(await reading({ onUnreadable: (found) => void reported.push(found) })).toEqual([
        '1',
        '2',
        'a',
        'b',
      ]);
      expect(reported).toMatchObject([{ partition: 0, first: 2n, last: 4n }]);
      expect(await reading({ from: new Map([[0, 5n]]) })).toEqual(['3', '4', 'a', 'b']);
      expect(await reading({ to: new Map([[0, 1n]]) })).toEqual(['1', 'a', 'b']);
    });

    it.each(names)('%s: is stepped over after a decision, and nothing else is', async (damage) => {
      const { client } = open();
      const { topic, groupId, seen, reported } = cases.get(damage)!;
      decided = true;
      await waitUntil(() => seen.includes('4'), { what: 'the records after it' });
      await waitUntil(async () => (await client.lag(groupId, topic)) === 0n, {
        what: 'all records to be committed',
      });
      expect(seen.filter((value) => value === '3' || value === '4')).toEqual(['3', '4']);
      expect(seen.filter((value) => value === 'later')).toHaveLength(20);
      expect(seen).toHaveLength(26);
      expect(new Set(reported.map(({ partition, first }) => `${partition}/${first}`))).toEqual(
        new Set(['0/2']),
      );
    });
  });
}
