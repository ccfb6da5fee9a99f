import { randomUUID } from 'node:crypto';
import { waitUntil } from '@core/testing';
import { adoptOffsets } from '../src/consumer/adopt-offsets.ts';
import type { KafkaClient } from '../src/index.ts';
import { connect, newTopic, upTo } from './support.ts';

let client: KafkaClient;
beforeAll(() => void (client = connect()));
afterAll(() => client.close());

const send = async (topic: string, values: string[]) =>
  (await client.producer()).send(values.map((value) => ({ topic, key: 'one', headers: {}, value })));
const committedOf = async (group: string, topic: string) =>
  (await client.groupOffsets(group, topic)).map(({ committed }) => committed);

/** Creates a topic of which a group has handled five records, and a name for the group's successor. */
async function formerGroup() {
  const topic = await newTopic(client);
  const [from, to] = [`spec.${randomUUID()}`, `spec.${randomUUID()}`];
  await send(topic, upTo(5).map(String));
  const consumer = await client.consume({ groupId: from, topics: [topic], onBatch: async () => undefined });
  await waitUntil(async () => (await client.lag(from, topic)) === 0n, { what: 'the former group' });
  await consumer.close();
  return { topic, from, to };
}

it('continues at the offsets of the former group, once, also with several processes at the same time', async () => {
  const { topic, from, to } = await formerGroup();
  const adopt = () => adoptOffsets(client, topic, { from, to });
  await Promise.allSettled([adopt(), adopt()]);
  await waitUntil(
    () =>
      adopt().then(
        () => true,
        () => false,
      ),
    { what: 'the offsets' },
  );
  expect(await client.lag(to, topic)).toBe(0n);

  await send(topic, ['6', '7']);
  const seen: string[] = [];
  const consumer = await client.consume({
    groupId: to,
    topics: [topic],
    onBatch: async (records) => void seen.push(...records.map(({ value }) => String(value))),
  });
  await adopt(); // the group has members now: nothing to do
  await waitUntil(async () => (await client.lag(to, topic)) === 0n, { what: 'the new records' });
  await consumer.close();
  expect(seen).toEqual(['6', '7']);
  const before = await committedOf(to, topic);
  await adopt();
  expect(await committedOf(to, topic)).toEqual(before);
});

it('leaves a group unchanged that has no predecessor, or is its own predecessor', async () => {
  const { topic, from } = await formerGroup();
  const [unknown, to] = [`spec.${randomUUID()}`, `spec.${randomUUID()}`];
  await adoptOffsets(client, topic, { from: unknown, to });
  expect(await committedOf(to, topic)).toEqual([undefined, undefined]);
  const before = await committedOf(from, topic);
  await adoptOffsets(client, topic, { from, to: from });
  expect(await committedOf(from, topic)).toEqual(before);
});
