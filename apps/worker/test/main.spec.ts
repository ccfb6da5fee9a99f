import { createTopics, type KafkaClient } from '@core/events';
import { aMerchantId, freePort, testServices, waitUntil } from '@core/testing';
import { connect, openDatabase } from './support.ts';
import { startWorkerProcess } from './worker-process.ts';

let database: Awaited<ReturnType<typeof openDatabase>>;
let client: KafkaClient;
const running: { kill: () => Promise<unknown> }[] = [];

beforeAll(async () => {
  database = await openDatabase();
  client = connect();
  await createTopics(client);
});
afterAll(async () => {
  await Promise.all(running.map((one) => one.kill()));
  await client?.close();
  await database?.close();
});

async function startWorker(env: Record<string, string> = {}) {
  const { broker } = testServices().kafka;
  const worker = await startWorkerProcess(database, { KAFKA_BROKER: broker, ...env });
  running.push(worker);
  return worker;
}

it('becomes ready, relays the outbox, serves its metrics and stops cleanly', async () => {
  const worker = await startWorker();
  await waitUntil(async () => (await worker.get('/readyz')).ok, { what: 'the worker to be ready' });
  const id = await database.newCustomer(aMerchantId(), 'ada@example.com');
  await waitUntil(
    async () =>
      (await database.owner.query('select from outbox_events where customer_id = $1', [id])).rowCount === 0,
    { what: 'the event to be relayed' },
  );
  const metrics = await (await worker.get('/metrics')).text();
  expect(metrics).toMatch(/core_outbox_published_total\{topic="customer.created",app="worker"\} 1/);
  expect(metrics).toMatch(/core_topic_replicas\{topic="customer.created",app="worker"\} 1/);
  expect(metrics).toMatch(/core_consumer_lag\{topic="rfm.updated",app="worker"\} \d/);
  expect(await worker.stop()).toBe(0);
  const { rows } = await database.owner.query('select from outbox_shards where owner is not null');
  expect(rows).toEqual([]);
  expect(worker.output()).not.toContain('Warning');
  expect(worker.output()).not.toContain('ada@');
});

it('logs that it waits for Kafka, is not ready until then, and stops on SIGTERM', async () => {
  const worker = await startWorker({ KAFKA_BROKER: `127.0.0.1:${await freePort()}` });
  await waitUntil(() => worker.output().includes('waiting for Kafka'), { what: 'the log line' });
  expect(worker.output()).toMatch(/"level":"warn".*"waiting for Kafka: see KAFKA_BROKER, KAFKA_TLS/);
  const reply = await worker.get('/readyz');
  expect(reply.status).toBe(503);
  expect(await reply.json()).toMatchObject({ failed: ['consumer', 'relay'] });
  expect(await worker.stop()).toBe(0);
});

it('refuses an unknown schema, and names the command to run', async () => {
  await database.owner.query('create table hidden as select * from schema_migrations');
  await database.owner.query('delete from schema_migrations');
  try {
    const worker = await startWorker();
    expect(await worker.exited).toBe(1);
    expect(worker.output()).toContain('npm run ops -- migrate');
  } finally {
    await database.owner.query('insert into schema_migrations select * from hidden');
  }
});
