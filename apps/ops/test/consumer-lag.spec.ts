import { randomUUID } from 'node:crypto';
import { INBOUND, workerGroup } from '@core/events';
import { waitUntil } from '@core/testing';
import { newTopic, ops, openOps, type OpsWorld } from './support.ts';

let stack: OpsWorld;
beforeAll(async () => (stack = await openOps()));
afterAll(() => stack.close());

interface Lag {
  lag: number;
  partitions: { partition: number; committed: number | null; end: number; lag: number }[];
}

it('shows the committed offset and the lag of each partition', async () => {
  const topic = await newTopic(stack.kafka);
  const group = `spec.${randomUUID()}`;
  const producer = await stack.kafka.producer();
  const send = (n: number) =>
    producer.send(Array.from({ length: n }, () => ({ topic, key: 'one', headers: {}, value: '{}' })));
  const lag = () => stack.opsJson<Lag>('consumer', 'lag', '--group', group, '--topic', topic);

  await send(3);
  expect(await stack.ops('consumer', 'lag', '--group', group, '--topic', topic)).toEqual({
    code: 1,
    stdout: '',
    stderr: `--group: no group ${group} has a committed offset on ${topic}; the worker's groups are ${INBOUND.map(workerGroup).join(', ')}\n`,
  });
  // The worker's own group may have started a moment ago.
  const own = ['consumer', 'lag', '--group', workerGroup(topic), '--topic', topic];
  const before = await stack.opsJson<Lag>(...own);
  expect(before.lag).toBe(3);
  expect(before.partitions.map(({ committed }) => committed)).toEqual([null, null]);

  const consumer = await stack.kafka.consume({
    groupId: group,
    topics: [topic],
    onBatch: async () => undefined,
  });
  await waitUntil(async () => (await stack.kafka.lag(group, topic)) === 0n, { what: 'the commit' });
  await consumer.close();
  await send(2);
  const after = await lag();
  expect(after.lag).toBe(2);
  expect(after.partitions.filter((one) => one.lag > 0)).toEqual([
    { topic, partition: expect.any(Number), committed: 3, end: 5, lag: 2 },
  ]);
  const { stdout } = await stack.ops('consumer', 'lag', '--group', group, '--topic', topic);
  expect(stdout).toMatch(
    new RegExp(`^${group}: 2 records behind\n\ntopic +partition +committed +end +lag\n`),
  );
  expect(stdout).toMatch(/ 3 +5 +2$/m);
});

it('names the service that does not answer, and the variables with its address', async () => {
  const dead = { ...stack.env, KAFKA_BROKER: '127.0.0.1:1', CORE_DB_PORT: '1' };
  const lag = await ops(['consumer', 'lag'], dead);
  expect(lag).toMatchObject({ code: 1, stdout: '' });
  expect(lag.stderr).toMatch(/^Kafka at 127\.0\.0\.1:1 does not answer: .+; see KAFKA_BROKER/);
  const status = await ops(['outbox', 'status'], dead);
  expect(status).toMatchObject({ code: 1, stdout: '' });
  expect(status.stderr).toMatch(/^cannot connect to PostgreSQL at .+:1 as core_worker: .+; see CORE_DB_HOST/);
});
