import { randomUUID } from 'node:crypto';
import { waitUntil } from '@core/testing';
import type { ConsumedRecord, KafkaClient } from '../src/index.ts';
import { collect, connect, newTopic, upTo } from './support.ts';

/** What every implementation of KafkaClient must do. */
describe.each([['kafkajs', connect]])('a Kafka client on %s', (_name, connectClient) => {
  let client: KafkaClient;
  beforeAll(() => void (client = connectClient()));
  afterAll(() => client.close());

  const send = async (topic: string, key: string | null, values: (string | null)[]) =>
    (await client.producer()).send(
      values.map((value, i) => ({ topic, key, value, headers: { number: String(i) } })),
    );

  it('creates topics once, with their partitions', async () => {
    const spec = { name: `spec.${randomUUID()}`, partitions: 3, config: { 'retention.ms': '60000' } };
    expect(await client.ensureTopics([spec])).toEqual([spec.name]);
    expect(await client.ensureTopics([spec])).toEqual([]);
    expect(await client.topics()).toContain(spec.name);
    expect(await client.endOffsets(spec.name)).toEqual([0n, 0n, 0n]);
  });

  it('has the records in Kafka once send has resolved', async () => {
    const topic = await newTopic(client);
    await Promise.all(upTo(10).map((n) => send(topic, `key-${n}`, ['a', 'b'])));
    const ends = await client.endOffsets(topic);
    expect(ends.reduce((sum, end) => sum + end, 0n)).toBe(20n);
  });

  it('rejects for a topic that is not there, and works again afterwards', async () => {
    await expect(send(`spec.${randomUUID()}`, 'key', ['a'])).rejects.toThrow();
    const topic = await newTopic(client);
    await send(topic, 'key', ['a']);
    const { records, until, close } = await collect(client, topic);
    await until(1);
    expect(records).toHaveLength(1);
    await close();
  });

  it('gives a new group everything from the beginning, each key in order, as it was sent', async () => {
    const topic = await newTopic(client);
    for (const key of ['a', 'b', 'c']) await send(topic, key, upTo(50).map(String));
    await send(topic, null, [null, '']);
    const { records, until, close } = await collect(client, topic);
    await until(152);
    for (const key of ['a', 'b', 'c']) {
      const own = records.filter((record) => String(record.key) === key);
      expect(own.map(({ value }) => String(value))).toEqual(upTo(50).map(String));
      expect(own[3]).toMatchObject({ topic, headers: { number: '3' }, key: Buffer.from(key) });
      expect(new Set(own.map(({ partition }) => partition)).size).toBe(1);
    }
    const keyless = records.filter(({ key }) => key === null).map(({ value }) => value);
    expect(keyless).toEqual(expect.arrayContaining([null, Buffer.from('')]));
    await close();
  });

  it('skips nothing when a handler fails, and goes on with the other partitions', async () => {
    const topic = await newTopic(client, { partitions: 2 });
    for (const key of upTo(8).map(String)) await send(topic, key, ['1', '2', '3']);
    const done: ConsumedRecord[] = [];
    let failures = 0;
    const failing = (record: ConsumedRecord) =>
      record.partition === 0 && record.offset === 2n && failures < 3;
    const consumer = await client.consume({
      groupId: `spec.${randomUUID()}`,
      topics: [topic],
      onRecord: async (record) => {
        if (failing(record) && ++failures) throw new Error('not now');
        done.push(record);
      },
    });
    await waitUntil(() => done.length >= 24, { what: 'all records' });
    expect(failures).toBe(3);
    for (const partition of [0, 1]) {
      const offsets = done
        .filter((record) => record.partition === partition)
        .map(({ offset }) => Number(offset));
      expect(offsets).toEqual(offsets.map((_, i) => i));
    }
    await consumer.close();
  });

  it('commits what was handled and nothing more: a successor begins there', async () => {
    const topic = await newTopic(client, { partitions: 1 });
    const groupId = `spec.${randomUUID()}`;
    await send(topic, 'key', upTo(10).map(String));
    expect(await client.lag(groupId, topic)).toBe(10n);
    const seen: string[] = [];
    const stuck = Promise.withResolvers<void>();
    const first = await client.consume({
      groupId,
      topics: [topic],
      onRecord: async ({ value }, signal) => {
        if (String(value) === '5') {
          stuck.resolve();
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        }
        seen.push(String(value));
      },
    });
    await stuck.promise;
    expect(first.joined()).toBe(true);
    await first.close();
    expect(first.joined()).toBe(false);
    expect(seen).toEqual(['1', '2', '3', '4']);
    expect(await client.lag(groupId, topic)).toBe(6n);

    const rest: string[] = [];
    const second = await client.consume({
      groupId,
      topics: [topic],
      onRecord: async ({ value }) => void rest.push(String(value)),
    });
    await waitUntil(() => rest.length >= 6, { what: 'the rest' });
    expect(rest).toEqual(['5', '6', '7', '8', '9', '10']);
    await waitUntil(async () => (await client.lag(groupId, topic)) === 0n, { what: 'no lag' });
    await second.close();
  });

  it('rejects to consume a topic that is not there', async () => {
    const onRecord = async () => undefined;
    await expect(
      client.consume({ groupId: 'spec', topics: [`spec.${randomUUID()}`], onRecord }),
    ).rejects.toThrow();
  });
});
