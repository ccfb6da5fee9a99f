import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  fetchKafkaJars,
  startFreezingProxy,
  startKafka,
  waitUntil,
  type FreezingProxy,
  type Kafka,
} from '@core/testing';
import { connectKafka } from '../src/index.ts';
import { newTopic, upTo } from './support.ts';

let dir: string;
let kafka: Kafka;
let proxy: FreezingProxy;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'core-frozen-'));
  proxy = await startFreezingProxy();
  kafka = await startKafka({ dir, jars: await fetchKafkaJars(), advertisedPort: proxy.port });
  proxy.to(kafka.port);
});
afterAll(async () => {
  await proxy?.close();
  await kafka?.stop();
  rmSync(dir, { recursive: true, force: true });
});

it('replaces a consumer whose connections freeze, and reports it as unhealthy until then', async () => {
  const client = connectKafka({
    brokers: [`127.0.0.1:${proxy.port}`],
    clientId: 'spec',
    stuckAfterMs: 10_000,
  });
  const topic = await newTopic(client, { partitions: 1 });
  const groupId = `spec.${randomUUID()}`;
  const seen: number[] = [];
  const consumer = await client.consume({
    groupId,
    topics: [topic],
    onBatch: async (records) => void seen.push(...records.map(({ value }) => Number(value))),
  });
  const send = async (n: number) => {
    // A new client each time: its connections are new and not among the frozen ones.
    const direct = connectKafka({ brokers: [`127.0.0.1:${proxy.port}`], clientId: 'spec' });
    await (await direct.producer()).send([{ topic, key: 'key', headers: {}, value: String(n) }]);
    await direct.close();
  };
  await send(1);
  await waitUntil(() => seen.includes(1), { what: 'the first record' });
  const committed = async () => (await client.lag(groupId, topic)) === 0n;
  await waitUntil(committed, { what: 'the commit of the first record' });
  expect(consumer.joined()).toBe(true);

  proxy.freeze();
  await waitUntil(() => !consumer.joined(), { what: 'the freeze to be detected' });
  await send(2);
  await waitUntil(() => seen.includes(2), { what: 'the record after the freeze' });
  await waitUntil(() => consumer.joined(), { what: 'the new consumer' });

  // The old consumer recovers: it must not work next to its successor.
  proxy.thaw();
  for (const n of upTo(5)) await send(n + 2);
  await waitUntil(() => seen.includes(7), { what: 'the last record' });
  await waitUntil(committed, { what: 'all records to be committed' });
  expect(seen).toEqual(upTo(7));
  expect(consumer.joined()).toBe(true);
  await client.close();
  expect(consumer.joined()).toBe(false);
}, 300_000);
