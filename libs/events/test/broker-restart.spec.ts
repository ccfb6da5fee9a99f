import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backoff, pause } from '@core/runtime';
import { fetchKafkaJars, startKafka, waitUntil, type Kafka } from '@core/testing';
import { connectKafka } from '../src/index.ts';
import { newTopic, upTo } from './support.ts';

let dir: string;
let kafka: Kafka;
const start = async (port?: number) =>
  startKafka({ dir, jars: await fetchKafkaJars(), ...(port === undefined ? {} : { port }) });
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'core-broker-'));
  kafka = await start();
});
afterAll(async () => {
  await kafka.stop();
  rmSync(dir, { recursive: true, force: true });
});

it('recovers after a broker outage: no record is lost, the order is kept, and the consumer rejoins its group', async () => {
  const client = connectKafka({ brokers: [kafka.broker], clientId: 'spec' });
  const topic = await newTopic(client, { partitions: 1 });
  const received: number[] = [];
  const consumer = await client.consume({
    groupId: `spec.${randomUUID()}`,
    topics: [topic],
    onBatch: async (batch) => void received.push(...batch.map(({ value }) => Number(value))),
  });
  const producer = await client.producer();
  let failures = 0;
  let sent = 0;
  // Like the relay: sends the same record again until it is acknowledged, then the next one.
  const sendUpTo = async (last: number) => {
    while (sent < last) {
      try {
        await producer.send([{ topic, key: 'key', headers: {}, value: String(sent + 1) }]);
        sent++;
        failures = 0;
      } catch {
        await pause(backoff(failures++));
      }
    }
  };
  await sendUpTo(50);
  await waitUntil(() => received.length >= 50, { what: 'the first records' });

  await kafka.child.kill();
  const sending = sendUpTo(100);
  await waitUntil(() => failures > 1, { what: 'the producer to fail' });
  kafka = await start(kafka.port);
  await sending;
  await waitUntil(() => received.includes(100), { what: 'the last record' });
  expect([...new Set(received)]).toEqual(upTo(100));
  expect(consumer.joined()).toBe(true);
  await client.close();
}, 300_000);
