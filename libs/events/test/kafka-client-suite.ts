import { randomUUID } from 'node:crypto';
import { waitUntil } from '@core/testing';
import type { ConsumedRecord, KafkaClient } from '../src/index.ts';
import { collect, newTopic, upTo } from './support.ts';

/** The behavior that every implementation of KafkaClient must have. */
export function kafkaClientSuite(name: string, connect: () => KafkaClient): void {
  describe(`a Kafka client based on ${name}`, () => {
    let client: KafkaClient;
    beforeAll(() => void (client = connect()));
    afterAll(() => client.close());

    const send = async (topic: string, key: string | null, values: (string | Buffer | null)[]) =>
      (await client.producer()).send(
        values.map((value, i) => ({ topic, key, value, headers: { number: String(i) } })),
      );
    const read = async (topic: string, options?: Parameters<KafkaClient['read']>[1]) => {
      const records: ConsumedRecord[] = [];
      for await (const record of client.read(topic, options)) records.push(record);
      return records;
    };
    const texts = (records: readonly ConsumedRecord[]) => records.map(({ value }) => String(value));
    const newGroup = () => `spec.${randomUUID()}`;
    const untilAborted = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

    describe('topics', () => {
      it('creates them once, with their partitions', async () => {
        const spec = { name: `spec.${randomUUID()}`, partitions: 3, config: { 'retention.ms': '60000' } };
        expect(await client.ensureTopics([spec])).toEqual([spec.name]);
        expect(await client.ensureTopics([spec])).toEqual([]);
        expect(await client.topics()).toContain(spec.name);
        expect(await client.endOffsets(spec.name)).toEqual([0n, 0n, 0n]);
      });

      it('creates them with the requested replicas and settings, and describes them', async () => {
        expect(await client.brokers()).toBe(1);
        const name = `spec.${randomUUID()}`;
        const config = { 'min.insync.replicas': '1', 'retention.ms': '60000' };
        await client.ensureTopics([{ name, partitions: 2, replicas: 1, config }]);
        expect(await client.describeTopics([name], Object.keys(config))).toEqual([
          { name, partitions: 2, replicas: 1, config },
        ]);
        // More replicas than brokers: the broker refuses the request.
        const impossible = { name: `spec.${randomUUID()}`, partitions: 1, replicas: 2, config: {} };
        await expect(client.ensureTopics([impossible])).rejects.toThrow();
        expect(await client.topics()).not.toContain(impossible.name);
      });
    });

    describe('the producer', () => {
      it('has the records in Kafka once send has resolved', async () => {
        const topic = await newTopic(client);
        await Promise.all(upTo(10).map((n) => send(topic, `key-${n}`, ['a', 'b'])));
        const ends = await client.endOffsets(topic);
        expect(ends.reduce((sum, end) => sum + end, 0n)).toBe(20n);
      });

      it('rejects for a missing topic, and works again afterwards', async () => {
        await expect(send(`spec.${randomUUID()}`, 'key', ['a'])).rejects.toThrow();
        const topic = await newTopic(client);
        await send(topic, 'key', ['a']);
        expect(await read(topic)).toHaveLength(1);
      });
    });

    describe('a consumer', () => {
      it('reads everything from the beginning in a new group, unchanged and with each key in order', async () => {
        const topic = await newTopic(client);
        const before = Date.now();
        for (const key of ['a', 'b', 'c']) await send(topic, key, upTo(50).map(String));
        await send(topic, null, [null, '']);
        const { records, until, close } = await collect(client, topic);
        await until(152);
        await close();
        for (const key of ['a', 'b', 'c']) {
          const own = records.filter((record) => String(record.key) === key);
          expect(texts(own)).toEqual(upTo(50).map(String));
          expect(own[3]).toMatchObject({ topic, headers: { number: '3' }, key: Buffer.from(key) });
          expect(new Set(own.map(({ partition }) => partition)).size).toBe(1);
          const age = own[0]!.timestamp.getTime() - before;
          expect(Math.abs(age)).toBeLessThan(3_600_000);
        }
        const keyless = records.filter(({ key }) => key === null).map(({ value }) => value);
        expect(keyless).toEqual(expect.arrayContaining([null, Buffer.from('')]));
      });

      it('receives batches of one partition, at most some hundreds of records, one at a time', async () => {
        const topic = await newTopic(client, { partitions: 2 });
        for (const key of upTo(6).map(String)) await send(topic, key, upTo(400).map(String));
        const sizes: number[] = [];
        const working = new Set<number>();
        const problems: string[] = [];
        let total = 0;
        const consumer = await client.consume({
          groupId: newGroup(),
          topics: [topic],
          onBatch: async (records) => {
            const { partition } = records[0]!;
            if (records.some((record) => record.partition !== partition)) problems.push('mixed');
            if (working.has(partition)) problems.push('two at once');
            working.add(partition);
            sizes.push(records.length);
            await new Promise(setImmediate);
            working.delete(partition);
            total += records.length;
          },
        });
        await waitUntil(() => total >= 2400, { what: 'all records' });
        await consumer.close();
        expect(problems).toEqual([]);
        expect(Math.max(...sizes)).toBeGreaterThan(1);
        expect(Math.max(...sizes)).toBeLessThan(1000);
      });

      it('skips nothing when a handler fails, and continues with the other partitions', async () => {
        const topic = await newTopic(client, { partitions: 2 });
        for (const key of upTo(8).map(String)) await send(topic, key, ['1', '2', '3']);
        const done: ConsumedRecord[] = [];
        let failures = 0;
        const consumer = await client.consume({
          groupId: newGroup(),
          topics: [topic],
          onBatch: async (records) => {
            if (records[0]!.partition === 0 && failures < 3 && ++failures) throw new Error('not now');
            done.push(...records);
          },
        });
        await waitUntil(() => done.length >= 24, { what: 'all records' });
        await consumer.close();
        expect(failures).toBe(3);
        for (const partition of [0, 1]) {
          const offsets = done
            .filter((record) => record.partition === partition)
            .map(({ offset }) => Number(offset));
          expect(offsets).toEqual(offsets.map((_, i) => i));
        }
      });

      it('lets no partition wait for another with a slow handler', async () => {
        const topic = await newTopic(client, { partitions: 6 });
        const groupId = newGroup();
        const sendBatch = async (batch: number) => {
          for (const key of upTo(24)) await send(topic, `key-${key}`, [`${batch}`]);
        };
        await sendBatch(1);
        const seen: ConsumedRecord[] = [];
        const slow = Promise.withResolvers<void>();
        const started = new Set<number>();
        const consumer = await client.consume({
          groupId,
          topics: [topic],
          onBatch: async (records, signal) => {
            const { partition } = records[0]!;
            // More partitions than the client handles at once.
            if (partition < 5) {
              started.add(partition);
              await Promise.race([slow.promise, untilAborted(signal)]);
            }
            seen.push(...records);
          },
        });
        await waitUntil(() => started.size === 5, { what: 'five slow partitions' });
        const last = () => texts(seen.filter(({ partition }) => partition === 5)).at(-1);
        for (const batch of [2, 3]) {
          await sendBatch(batch);
          await waitUntil(() => last() === String(batch), { what: `batch ${batch} of the quick partition` });
        }
        expect(new Set(seen.map(({ partition }) => partition))).toEqual(new Set([5]));
        expect(consumer.joined()).toBe(true);
        slow.resolve();
        await waitUntil(async () => (await client.lag(groupId, topic)) === 0n, { what: 'everything' });
        await consumer.close();
        for (const key of upTo(24).map((n) => `key-${n}`)) {
          expect(texts(seen.filter((record) => String(record.key) === key))).toEqual(['1', '2', '3']);
        }
      });

      it('commits the work in progress of a slow handler when it closes, and nothing else', async () => {
        const topic = await newTopic(client, { partitions: 2 });
        const groupId = newGroup();
        const keys = upTo(10).map((n) => `key-${n}`);
        const sendAll = async (value: string) => {
          for (const key of keys) await send(topic, key, [value]);
        };
        const quick: string[] = [];
        let slow = 0;
        const consumer = await client.consume({
          groupId,
          topics: [topic],
          onBatch: async (records, signal) => {
            if (records[0]!.partition === 1) return void quick.push(...texts(records));
            slow += records.length;
            // It cannot be stopped any more, and finishes a moment after the abort.
            await untilAborted(signal).catch(() => undefined);
            await new Promise((resolve) => setTimeout(resolve, 200));
          },
        });
        await sendAll('1');
        await waitUntil(() => slow > 0 && quick.includes('1'), { what: 'both partitions' });
        await sendAll('2');
        await waitUntil(() => quick.includes('2'), { what: 'the quick one to continue' });
        await consumer.close();
        expect((await client.groupOffsets(groupId, topic))[0]!.committed).toBe(BigInt(slow));
      });

      it('commits only handled records, so that a successor starts after them', async () => {
        const topic = await newTopic(client, { partitions: 1 });
        const groupId = newGroup();
        await send(topic, 'key', upTo(4).map(String));
        expect(await client.lag(groupId, topic)).toBe(4n);
        const seen: string[] = [];
        const stuck = Promise.withResolvers<void>();
        const first = await client.consume({
          groupId,
          topics: [topic],
          onBatch: async (records, signal) => {
            if (seen.length >= 4) {
              stuck.resolve();
              await untilAborted(signal);
            }
            seen.push(...texts(records));
          },
        });
        await waitUntil(async () => (await client.lag(groupId, topic)) === 0n, { what: 'the first part' });
        await send(topic, 'key', ['5', '6', '7']);
        await stuck.promise;
        expect(first.joined()).toBe(true);
        await first.close();
        expect(first.joined()).toBe(false);
        expect(seen).toEqual(['1', '2', '3', '4']);
        expect(await client.lag(groupId, topic)).toBe(3n);

        const rest: string[] = [];
        const second = await client.consume({
          groupId,
          topics: [topic],
          onBatch: async (records) => void rest.push(...texts(records)),
        });
        await waitUntil(() => rest.length >= 3, { what: 'the rest' });
        expect(rest).toEqual(['5', '6', '7']);
        await waitUntil(async () => (await client.lag(groupId, topic)) === 0n, { what: 'no lag' });
        await second.close();
      });

      it('gives partitions to a joining member, and reassigns those of a leaving one', async () => {
        const topic = await newTopic(client, { partitions: 4 });
        const groupId = newGroup();
        const seen: [string, string][] = [];
        const join = (name: string) =>
          client.consume({
            groupId,
            topics: [topic],
            onBatch: async (records) =>
              void seen.push(...texts(records).map((text): [string, string] => [name, text])),
          });
        const sendBatch = async (batch: number) => {
          for (const key of upTo(16)) await send(topic, `key-${key}`, [`${batch}/${key}`]);
        };
        const have = (batch: number) =>
          new Set(seen.map(([, text]) => text).filter((text) => text.startsWith(`${batch}/`)));
        const first = await join('first');
        const second = await join('second');
        let batch = 0;
        // The first member is notified of the second at its next heartbeat.
        await waitUntil(
          async () => {
            await sendBatch(++batch);
            await waitUntil(() => have(batch).size === 16, { what: `batch ${batch}` });
            return bothIn(seen, batch);
          },
          { what: 'both to work' },
        );
        await first.close();
        await sendBatch(++batch);
        await waitUntil(() => have(batch).size === 16, { what: 'the second to handle all' });
        expect(second.joined()).toBe(true);
        await second.close();
      });

      it('refuses to consume a missing topic', async () => {
        const onBatch = async () => undefined;
        await expect(
          client.consume({ groupId: newGroup(), topics: [`spec.${randomUUID()}`], onBatch }),
        ).rejects.toThrow();
      });

      it('reads a record larger than a fetch', async () => {
        const topic = `spec.${randomUUID()}`;
        await client.ensureTopics([
          { name: topic, partitions: 1, config: { 'max.message.bytes': '20000000' } },
        ]);
        await send(topic, 'key', ['before', Buffer.alloc(10_000_000, 'x'), 'after']);
        const { records, until, close } = await collect(client, topic);
        await until(3);
        await close();
        expect(records.map(({ value }) => value?.length)).toEqual([6, 10_000_000, 5]);
      });
    });

    describe('offsets of a group', () => {
      it('are found by time, and set only while the group has no member', async () => {
        const topic = await newTopic(client, { partitions: 1 });
        const groupId = `spec.${randomUUID()}`;
        await send(topic, 'key', upTo(3).map(String));
        await new Promise((resolve) => setTimeout(resolve, 20)); // record timestamps are in milliseconds
        const between = new Date();
        await new Promise((resolve) => setTimeout(resolve, 20));
        await send(topic, 'key', ['4', '5']);
        expect(await client.offsetsAt(topic, new Date(0))).toEqual([0n]);
        expect(await client.offsetsAt(topic, between)).toEqual([3n]);
        expect(await client.offsetsAt(topic, new Date(Date.now() + 60_000))).toEqual([5n]);

        const received: string[] = [];
        const join = () =>
          client.consume({
            groupId,
            topics: [topic],
            onBatch: async (batch) => void received.push(...texts(batch)),
          });
        const consumer = await join();
        await waitUntil(() => received.length === 5, { what: 'five records' });
        await expect(client.setGroupOffsets(groupId, topic, [3n])).rejects.toThrow();
        await consumer.close();
        await client.setGroupOffsets(groupId, topic, [3n]);
        expect(await client.groupOffsets(groupId, topic)).toMatchObject([{ committed: 3n, lag: 2n }]);
        const again = await join();
        await waitUntil(() => received.length === 7, { what: 'two of them again' });
        await again.close();
        expect(received.slice(5)).toEqual(['4', '5']);
      });
    });

    describe('read', () => {
      it('yields the records that exist at its start, and ends', async () => {
        const topic = await newTopic(client, { partitions: 3 });
        expect(await read(topic)).toEqual([]);
        for (const key of upTo(9).map(String)) await send(topic, key, ['1', '2', '3']);
        const seen: ConsumedRecord[] = [];
        for await (const record of client.read(topic)) {
          if (seen.length === 0) await send(topic, 'later', ['not this one']);
          seen.push(record);
        }
        expect(seen).toHaveLength(27);
        for (const key of upTo(9).map(String)) {
          expect(texts(seen.filter((record) => String(record.key) === key))).toEqual(['1', '2', '3']);
        }
        expect(await read(topic)).toHaveLength(28);
      });

      it('starts at the given offset, by partition', async () => {
        const topic = await newTopic(client, { partitions: 1 });
        await send(topic, 'key', upTo(10).map(String));
        expect(texts(await read(topic, { from: new Map([[0, 7n]]) }))).toEqual(['8', '9', '10']);
        expect(await read(topic, { from: new Map([[0, 10n]]) })).toEqual([]);
      });

      it('can be left in the middle, and stopped by the signal', async () => {
        const topic = await newTopic(client, { partitions: 1 });
        await send(topic, 'key', upTo(10).map(String));
        for await (const record of client.read(topic)) if (record.offset === 3n) break;
        const stopping = new AbortController();
        const reading = async () => {
          for await (const record of client.read(topic, { signal: stopping.signal })) {
            if (record.offset === 3n) stopping.abort(new Error('enough'));
          }
        };
        await expect(reading()).rejects.toThrow('enough');
      });

      it('throws for a missing topic', async () => {
        await expect(read(`spec.${randomUUID()}`)).rejects.toThrow();
      });
    });
  });
}

/** Returns whether both members received records of the batch. */
const bothIn = (seen: readonly [string, string][], batch: number): boolean =>
  new Set(seen.filter(([, text]) => text.startsWith(`${batch}/`)).map(([name]) => name)).size === 2;
