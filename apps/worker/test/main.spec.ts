import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createTopics, type KafkaClient } from '@core/events';
import { freePort, testServices, waitUntil, workspaceRoot } from '@core/testing';
import { connect, keyring, openDatabase } from './support.ts';

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

/** Runs the worker as a process of its own. */
async function startWorker(env: Record<string, string> = {}) {
  const port = await freePort();
  const { workerUrl } = database;
  const child = spawn(process.execPath, [join(workspaceRoot(), 'apps/worker/src/main.ts')], {
    env: {
      CORE_DB_HOST: workerUrl.hostname,
      CORE_DB_PORT: workerUrl.port,
      CORE_DB_NAME: workerUrl.pathname.slice(1),
      CORE_DB_USER: workerUrl.username,
      CORE_DB_PASSWORD: workerUrl.password,
      CORE_ENCRYPTION_KEYS: keyring,
      KAFKA_BROKER: testServices().kafka.broker,
      CORE_ADMIN_PORT: String(port),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  running.push({ kill: () => (child.kill('SIGKILL'), exited) });
  return {
    output: () => output,
    exited,
    stop: () => (child.kill('SIGTERM'), exited),
    get: (path: string) => fetch(`http://127.0.0.1:${port}${path}`),
  };
}

it('becomes ready, relays the outbox, serves its figures and stops cleanly', async () => {
  const worker = await startWorker();
  await waitUntil(async () => (await worker.get('/readyz')).ok, { what: 'the worker to be ready' });
  const id = await database.newCustomer(randomUUID(), 'ada@example.com');
  await waitUntil(
    async () =>
      (await database.owner.query('select from outbox_events where customer_id = $1', [id])).rowCount === 0,
    { what: 'the event being relayed' },
  );
  const metrics = await (await worker.get('/metrics')).text();
  expect(metrics).toMatch(/core_outbox_published_total\{topic="customer.created",app="worker"\} 1/);
  expect(metrics).toMatch(/core_consumer_lag\{topic="rfm.updated",app="worker"\} \d/);
  expect(await worker.stop()).toBe(0);
  const { rows } = await database.owner.query('select from outbox_shards where owner is not null');
  expect(rows).toEqual([]);
  expect(worker.output()).not.toContain('Warning');
  expect(worker.output()).not.toContain('ada@');
});

it('waits for Kafka, says so, is not ready meanwhile and stops when asked', async () => {
  const worker = await startWorker({ KAFKA_BROKER: `127.0.0.1:${await freePort()}` });
  await waitUntil(() => worker.output().includes('waiting for Kafka'), { what: 'the word' });
  const reply = await worker.get('/readyz');
  expect(reply.status).toBe(503);
  expect(await reply.json()).toMatchObject({ failed: ['consumer', 'relay'] });
  expect(await worker.stop()).toBe(0);
});

it('refuses a schema that it does not know, saying which command to run', async () => {
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
