import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deadLetterTopic, MalformedEvent } from '@core/contracts';
import type { Pool } from '@core/db';
import {
  connectKafka,
  runConsumer,
  type ConsumedRecord,
  type EventConsumer,
  type KafkaClient,
} from '@core/events';
import { createLogger, Registry } from '@core/runtime';
import { damageBatch, fetchKafkaJars, sendWithJava, startKafka, waitUntil, type Kafka } from '@core/testing';
import { newTopic, openOps, ops, type OpsWorld } from './support.ts';

const group = `spec.${randomUUID()}`;
let dir: string;
let broker: Kafka;
let kafka: KafkaClient;
let stack: OpsWorld;
let pool: Pool;
let topic: string;
let consumer: EventConsumer | undefined;
const handled: string[] = [];
const lines: string[] = [];
let metrics: Registry;

// A separate broker: the spec damages its log.
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'core-step-over-'));
  [broker, stack] = await Promise.all([
    fetchKafkaJars().then((jars) => startKafka({ dir, jars })),
    openOps(),
  ]);
  kafka = connectKafka({ brokers: [broker.broker], clientId: 'spec' });
  pool = stack.pool('core_worker');
  topic = await newTopic(kafka);
  const batch = (partition: number, ...values: string[]) => ({
    codec: 'lz4' as const,
    records: values.map((value) => ({ topic, partition, key: 'key', value })),
  });
  await sendWithJava(broker.broker, [
    batch(0, 'before'),
    batch(0, 'lost ada@example.com', 'lost too'),
    batch(0, 'behind'),
    batch(1, 'other'),
    batch(1, 'lost as well'),
  ]);
  damageBatch(dir, { topic, partition: 0, offset: 1 }, ({ body }) => void (body[5]! ^= 1));
  damageBatch(dir, { topic, partition: 1, offset: 1 }, ({ bytes }) => void (bytes[16] = 7));
}, 300_000);
afterAll(async () => {
  await consumer?.close();
  await kafka?.close();
  await broker?.stop();
  await stack?.close();
  rmSync(dir, { recursive: true, force: true });
});

const startWorker = async () => {
  const log = createLogger('spec', 'warn');
  metrics = new Registry();
  for (const level of ['warn', 'error'] as const) {
    log[level] = ((fields: object, message: string) =>
      void lines.push(JSON.stringify({ level, ...fields, message }))) as never;
  }
  consumer = await runConsumer({
    client: kafka,
    groupId: group,
    pool,
    log,
    metrics,
    context: ({ eventId }) => ({ eventId }),
    unknownWait: 900,
    topics: {
      [topic]: {
        keeps: {},
        decode: (body) => {
          if (!body) throw new MalformedEvent('no body');
          return { eventId: randomUUID(), text: String(Buffer.from(body)) };
        },
        handle: async (_tx, _ctx, event: { eventId: string; text: string }) => void handled.push(event.text),
      },
    },
  });
};
const run = (...args: string[]) =>
  ops(['dlq', ...args, '--topic', topic], { ...stack.env, KAFKA_BROKER: broker.broker });
const stepOver = (...args: string[]) => run('step-over', '--group', group, ...args);
const position = (partition: number, offset: number) => [
  '--partition',
  String(partition),
  '--offset',
  String(offset),
];
const scraped = async () =>
  (await metrics.metrics()).split('\n').filter((line) => line.startsWith('core_consumer_unreadable_offset{'));
const letters = async () => {
  const found: ConsumedRecord[] = [];
  for await (const letter of kafka.read(deadLetterTopic(topic))) found.push(letter);
  return found.sort((a, b) => Number(a.headers['dlq_partition']) - Number(b.headers['dlq_partition']));
};

it('raises an alarm with topic, partition and offset, and blocks only its partition', async () => {
  await startWorker();
  await waitUntil(async () => (await scraped()).length === 2, { what: 'the alarm' });
  expect((await scraped()).toSorted()).toEqual([
    `core_consumer_unreadable_offset{topic="${topic}",partition="0"} 1`,
    `core_consumer_unreadable_offset{topic="${topic}",partition="1"} 1`,
  ]);
  const alarms = lines.map(
    (line) => JSON.parse(line) as { level: string; partition: number; message: string },
  );
  expect(
    alarms.filter(({ level }) => level === 'error').toSorted((a, b) => a.partition - b.partition),
  ).toMatchObject([
    { topic, partition: 0, offset: '1', last_offset: '2', why: 'the CRC does not match' },
    { topic, partition: 1, offset: '1', last_offset: '1', why: 'the format 7 is unknown' },
  ]);
  expect(alarms.at(-1)!.message).toContain('dlq step-over');
  expect(handled.toSorted()).toEqual(['before', 'other']);
  expect(await letters()).toEqual([]);
});

it('shows what it would step over in a dry run, with the raw bytes in --json', async () => {
  const { code, stdout } = await stepOver();
  expect(code).toBe(0);
  expect(stdout).toMatch(/topic +partition +offset +last +bytes +why\n/);
  expect(stdout).toMatch(new RegExp(`${topic} +0 +1 +2 +\\d+ +the CRC does not match\n`));
  expect(stdout).toMatch(new RegExp(`${topic} +1 +1 +1 +\\d+ +the format 7 is unknown\n`));
  expect(stdout).toContain('would step over 2 places\ndry run: nothing was done; --yes does it\n');
  const { unreadable } = JSON.parse((await stepOver('--json')).stdout) as { unreadable: { raw: string }[] };
  expect(Buffer.from(unreadable[0]!.raw, 'base64').readBigInt64BE(0)).toBe(1n);
  expect(await letters()).toEqual([]);
});

it.each([
  [position(0, 2), 1, /the group does not wait at .+\/0\/2: it waits at 1/],
  [position(1, 0), 1, /the group does not wait at .+\/1\/0: it waits at 1/],
  [['--offset', '3'], 2, /^--offset: needs --partition/],
  [['--partition', '99'], 1, /^spec\..+ has no partition 99, only 0 to \d+\n/],
])('refuses a position at which the group does not wait: %j', async (args, code, why) => {
  expect(await stepOver(...args, '--yes')).toEqual({ code, stdout: '', stderr: expect.stringMatching(why) });
  expect(await letters()).toEqual([]);
});

it('steps over one position, writes a dead letter, and leaves the other position', async () => {
  const { code, stdout } = await stepOver(...position(0, 1), '--yes', '--actor', 'ada');
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'stepped over 1 place\n' });
  await waitUntil(() => handled.includes('behind'), { what: 'the record behind it' });
  const [letter, ...others] = await letters();
  expect(others).toEqual([]);
  expect(letter).toMatchObject({
    key: null,
    value: null,
    headers: {
      dlq_reason: 'unreadable',
      dlq_source_topic: topic,
      dlq_partition: '0',
      dlq_offset: '1',
      dlq_last_offset: '2',
      dlq_why: 'the CRC does not match',
      dlq_body_bytes: expect.stringMatching(/^\d+$/),
      dlq_body_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    },
  });
  expect(await scraped()).toEqual([`core_consumer_unreadable_offset{topic="${topic}",partition="1"} 1`]);
  expect(await metrics.metrics()).toContain(
    `core_events_dead_lettered_total{topic="${topic}",reason="unreadable"} 1`,
  );
  expect(lines.at(-1)).toContain('"actor":"ops:ada"');
  expect(lines.join()).not.toContain('ada@example');

  expect((await run('list')).stdout).toMatch(new RegExp(`unreadable +1 +${topic}/0/1 `));
  expect((await run('show')).stdout).toContain('dlq_why: the CRC does not match');
  expect((await run('redrive', '--yes')).stdout).toMatch(
    /refused .+: it could not be read; have its producer/,
  );
});

it('stores the decision while no worker runs; the next worker applies it', async () => {
  await consumer!.close();
  const { code, stdout } = await stepOver('--yes');
  expect(code).toBe(0);
  expect(stdout).toContain(
    `stepped over 0 places\n${topic}/1/1 still waits: a worker steps over it once it runs\n`,
  );
  await startWorker();
  await waitUntil(async () => (await kafka.lag(group, topic)) === 0n, { what: 'the step' });
  expect(await letters()).toHaveLength(2);
  expect((await stepOver()).stdout).toBe('no partition waits at an unreadable record\n');
});
