import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deadLetterTopic, Topic } from '@core/contracts';
import { connectKafka, createTopics, topicSpecs, type KafkaClient } from '@core/events';
import {
  aMerchantId,
  deleteTopic,
  fetchKafkaJars,
  sendWithJava,
  startKafka,
  waitUntil,
  type Kafka,
  type KafkaCodec,
} from '@core/testing';
import { openDatabase } from './support.ts';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

// A separate broker: topics of the service are missing or are deleted.
let dir: string;
let kafka: Kafka;
let client: KafkaClient;
let database: Awaited<ReturnType<typeof openDatabase>>;
let worker: WorkerProcess;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'core-kafka-faults-'));
  [kafka, database] = await Promise.all([
    fetchKafkaJars().then((jars) => startKafka({ dir, jars })),
    openDatabase(),
  ]);
  client = connectKafka({ brokers: [kafka.broker], clientId: 'spec' });
  await client.ensureTopics(topicSpecs().filter(({ name }) => !name.startsWith(Topic.rfmUpdated)));
  worker = await startWorkerProcess(database, { KAFKA_BROKER: kafka.broker });
}, 300_000);
afterAll(async () => {
  await worker?.kill();
  await client?.close();
  await kafka?.stop();
  await database?.close();
  rmSync(dir, { recursive: true, force: true });
});

const merchantId = aMerchantId();
const newCustomer = () => database.newCustomer(merchantId, `${randomUUID()}@example.com`);
const send = async (topic: string, key: string, body: object) => {
  const producer = await client.producer();
  await producer.send([{ topic, key, headers: {}, value: JSON.stringify(body) }]);
};
const scoreOf = (customerId: string) => ({
  event_id: randomUUID(),
  merchant_id: merchantId,
  customer_id: customerId,
  rfm_score: { recency: 5, frequency: 4, monetary: 5, as_of: '2026-01-02T00:00:00Z' },
});
const erase = async () => {
  const customerId = await newCustomer();
  const ids = { event_id: randomUUID(), request_id: randomUUID() };
  await send(Topic.gdprRequestCreated, customerId, {
    ...ids,
    merchant_id: merchantId,
    kind: 'redact',
    customer_id: customerId,
  });
  await waitUntil(async () => (await database.customer(customerId)).erased_at !== null, {
    what: 'an erasure to be carried out',
  });
};
const relayed = async () => {
  await newCustomer();
  await waitUntil(async () => (await database.owner.query('select from outbox_events')).rowCount === 0, {
    what: 'the outbox to be relayed',
  });
};
const scored = async (...customerIds: string[]) =>
  waitUntil(
    async () =>
      (await Promise.all(customerIds.map((id) => database.customer(id)))).every(
        (row) => row.rfm_score !== null,
      ),
    { what: 'the scores to be applied' },
  );
const score = async () => {
  const customerId = await newCustomer();
  await send(Topic.rfmUpdated, customerId, scoreOf(customerId));
  await scored(customerId);
};
const says = (line: RegExp) =>
  waitUntil(async () => line.test(await (await worker.get('/metrics')).text()), { what: String(line) });
const ready = () =>
  waitUntil(async () => (await worker.get('/readyz')).ok, { what: 'the worker to be ready' });

it('starts without a topic that it consumes: everything else works, and the topic is reported', async () => {
  await erase();
  await relayed();
  await says(/core_topic_missing\{topic="rfm.updated",app="worker"\} 1/);
  await says(/core_topic_missing\{topic="customer.created",app="worker"\} 0/);
  await says(/core_consumer_joined\{topic="rfm.updated",app="worker"\} 0/);
  await says(/core_consumer_joined\{topic="gdpr_request.created",app="worker"\} 1/);
  const reply = await worker.get('/readyz');
  expect(reply.status).toBe(503);
  expect(await reply.json()).toMatchObject({ failed: ['consumer'] });
  expect(worker.output()).toContain(
    'missing topics: rfm.updated, rfm.updated.dlq; `npm run ops -- topics` creates them',
  );

  const madeAt = Date.now();
  await createTopics(client);
  await score();
  const seconds = (Date.now() - madeAt) / 1_000;
  process.stdout.write(`a topic that appeared was consumed after ${seconds.toFixed(1)} s\n`);
  expect(seconds).toBeLessThan(60);
  await ready();
});

it.each([Topic.rfmUpdated, Topic.gdprRequestCreated])(
  'continues without %s when the topic is deleted',
  async (deleted) => {
    await ready();
    await deleteTopic(kafka.broker, deleted);
    await says(new RegExp(`core_consumer_joined\\{topic="${deleted}",app="worker"\\} 0`));
    await (deleted === Topic.rfmUpdated ? erase() : score());
    await relayed();
    expect((await worker.get('/healthz')).status).toBe(200);
    expect((await worker.get('/readyz')).status).toBe(503);

    await createTopics(client);
    await Promise.all([erase(), score()]);
    await ready();
  },
);

it('applies records that Java sends with each codec', async () => {
  const codecs: KafkaCodec[] = ['gzip', 'snappy', 'lz4', 'zstd'];
  const ids = await Promise.all(codecs.map(newCustomer));
  await sendWithJava(
    kafka.broker,
    codecs.map((codec, n) => ({
      codec,
      records: [
        { topic: Topic.rfmUpdated, partition: 0, key: ids[n]!, value: JSON.stringify(scoreOf(ids[n]!)) },
      ],
    })),
  );
  await scored(...ids);
  expect((await client.endOffsets(deadLetterTopic(Topic.rfmUpdated))).every((end) => end === 0n)).toBe(true);
});

it('has never stopped during the faults, and stops cleanly', async () => {
  expect(await worker.stop()).toBe(0);
  expect(worker.output()).not.toContain('Warning');
});
