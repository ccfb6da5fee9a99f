// tag: compliance
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { deadLetterTopic, Topic } from '@core/contracts';
import {
  connectKafka,
  INBOUND,
  readReplication,
  WORKER_GROUP,
  workerGroup,
  type KafkaClient,
} from '@core/events';
import { fetchKafkaJars, startKafka, testServices, waitUntil, type Kafka } from '@core/testing';
import { ops, spawnOps } from './support.ts';

let dir: string;
let kafka: Kafka;
const clients: KafkaClient[] = [];
const trusted = getCACertificates('default');
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'core-acl-'));
  kafka = await startKafka({ dir, jars: await fetchKafkaJars(), secured: true });
  setDefaultCACertificates([...trusted, kafka.secured!.ca]);
  expect(await as('core', 'topics')).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  setDefaultCACertificates(trusted);
  await kafka?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Runs `ops` as this user of the broker. */
const as = (user: string, ...args: string[]) =>
  ops(args, {
    KAFKA_BROKER: kafka.secured!.broker,
    KAFKA_TLS: 'true',
    KAFKA_SASL: `plain:${user}:${kafka.secured!.password}`,
  });
const connectAs = (username: string): KafkaClient => {
  const { broker, password } = kafka.secured!;
  const client = connectKafka({
    brokers: [broker],
    clientId: username,
    tls: true,
    sasl: { mechanism: 'plain', username, password },
  });
  clients.push(client);
  return client;
};
/** Sends a record as this user. @returns the broker's error, or undefined when it has accepted the record */
const sendAs = async (user: string, topic: string): Promise<string | undefined> => {
  try {
    const producer = await connectAs(user).producer();
    await producer.send([{ topic, key: 'k', headers: {}, value: '{}' }]);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};
const REFUSED = expect.stringMatching(/not authorized|authorization failed/i);

it('gives each principal its rights, and only one the right to request an erasure', async () => {
  expect(await sendAs('privacy', Topic.gdprRequestCreated)).toEqual(REFUSED);
  const dry = await as('core', 'topics', '--acl');
  expect(dry).toMatchObject({ code: 0, stderr: '' });
  expect(dry.stdout).toMatch(/User:privacy +write +topic gdpr_request.created +no\n/);
  expect(dry.stdout).toMatch(/would add \d+ ACLs\ndry run/);
  expect(await sendAs('privacy', Topic.gdprRequestCreated)).toEqual(REFUSED);

  for (const none of ['a b', 'User:a b', 'core-worker', 'User:']) {
    expect(await as('core', 'topics', '--acl', '--worker', none)).toEqual({
      code: 2,
      stdout: '',
      stderr: '--worker: must be a type and a name, such as User:core-worker\n',
    });
  }
  expect((await as('core', 'topics', '--acl', '--yes')).stdout).toMatch(/^added \d+ ACLs\n$/);
  expect((await as('core', 'topics', '--acl')).stdout).toMatch(
    /gdpr_request.created +yes\n[^]*every required ACL is present/,
  );

  expect(await sendAs('privacy', Topic.gdprRequestCreated)).toBeUndefined();
  for (const user of ['stranger', 'rfm-analytics', 'core-worker']) {
    expect([user, await sendAs(user, Topic.gdprRequestCreated)]).toEqual([user, REFUSED]);
  }
  expect(await sendAs('rfm-analytics', Topic.rfmUpdated)).toBeUndefined();
  expect(await sendAs('privacy', Topic.rfmUpdated)).toEqual(REFUSED);
  expect(await sendAs('core-worker', Topic.customerCreated)).toBeUndefined();
  expect(await sendAs('core-worker', deadLetterTopic(Topic.rfmUpdated))).toBeUndefined();
});

it('gives the worker and operators enough rights', async () => {
  const worker = connectAs('core-worker');
  expect(await readReplication(worker)).not.toEqual([]);
  const seen: string[] = [];
  for (const topic of INBOUND) {
    // The worker reads these offsets once, for the group that all topics shared in earlier builds.
    await worker.groupOffsets(WORKER_GROUP, topic);
    await worker.consume({
      groupId: workerGroup(topic),
      topics: [topic],
      onBatch: async (records) => void seen.push(...records.map((record) => record.topic)),
    });
  }
  for (const topic of INBOUND) {
    await waitUntil(() => seen.includes(topic), { what: `the record of ${topic}` });
    await waitUntil(async () => (await worker.lag(workerGroup(topic), topic)) === 0n, { what: 'the offset' });
  }
  expect(await as('core-ops', 'topics')).toMatchObject({ code: 0, stderr: '' });
  expect(await as('core-ops', 'consumer', 'lag')).toMatchObject({ code: 0, stderr: '' });
  const operator = connectAs('core-ops');
  // dlq step-over reads the inbound topics.
  for (const topic of [deadLetterTopic(Topic.rfmUpdated), Topic.rfmUpdated]) {
    const records = [];
    for await (const record of operator.read(topic)) records.push(record);
    expect(records).toHaveLength(1);
  }
  // A user that may change ACLs needs no other right.
  expect(await as('core-ops', 'topics', '--acl', '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('KAFKA_SASL must be a user who may'),
  });
});

it('names other principals that may write', async () => {
  const principal = `User:${randomUUID()}`;
  await connectAs('core').createAcls([
    { principal, resource: 'topic', name: 'gdpr_', pattern: 'prefixed', operation: 'all' },
  ]);
  const { stdout } = await as('core', 'topics', '--acl', '--privacy', 'User:other');
  expect(stdout).toContain(`${principal} may all on topic gdpr_*, which is not required`);
  expect(stdout).toContain('User:privacy may write on topic gdpr_request.created, which is not required');
  expect(stdout).toMatch(/User:other +write +topic gdpr_request.created +no\n/);
});

it('reports a broker without an authorizer', async () => {
  const env = { KAFKA_BROKER: testServices().kafka.broker };
  // Runs as a process: in Node, kafkajs exports less than in Jest.
  expect(await spawnOps(['topics', '--acl'], env)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('the broker has no authorizer'),
  });
  expect(await spawnOps(['topics', '--acl', '--yes'], env)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/set authorizer\.class\.name .*restart.*again/),
  });
});
