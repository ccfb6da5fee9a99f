import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Topic, type MerchantId } from '@core/contracts';
import { createSignatureCheck, type ConsumedRecord } from '@core/events';
import { openPublicKeys, createLogger, parseKeySource } from '@core/runtime';
import { aMerchantId, jwksOf, newSigningKey } from '@core/testing';
import { newTopic, openOps, type OpsWorld } from './support.ts';

let stack: OpsWorld;
let dir: string;
beforeAll(async () => {
  stack = await openOps();
  dir = await mkdtemp(join(tmpdir(), 'ops-publish-'));
});
afterAll(async () => {
  await stack?.close();
  await rm(dir, { recursive: true, force: true });
});

const read = async (topic: string): Promise<ConsumedRecord[]> => {
  const records: ConsumedRecord[] = [];
  for await (const record of stack.kafka.read(topic)) records.push(record);
  return records;
};
const score = (merchantId: string, customerId: string) => ({
  event_id: randomUUID(),
  merchant_id: merchantId,
  customer_id: customerId,
  rfm_score: { recency: 5, frequency: 4, monetary: 5, as_of: '2026-01-02T00:00:00Z' },
});
const auditOf = async (merchantId: MerchantId) =>
  (
    await stack.owner.query('select actor, action, detail from audit_log where merchant_id = $1', [
      merchantId,
    ])
  ).rows;

it('shows the record in a dry run, then sends it and writes an audit row', async () => {
  const topic = await newTopic(stack.kafka);
  const [merchantId, customerId] = [aMerchantId(), randomUUID()];
  const body = score(merchantId, customerId);
  const big = JSON.stringify(body).replace('"as_of"', '"sequence":9007199254740993,"as_of"');
  const args = [
    'events',
    'publish',
    topic,
    '--body',
    big,
    '--header',
    'traceparent=00-1=2',
    '--source',
    'hand',
  ];

  const dry = await stack.ops(...args);
  expect(dry).toMatchObject({ code: 0, stderr: '' });
  expect(dry.stdout).toContain(
    `topic    ${topic}\nkey      ${customerId}\nheaders\n  ce_id: ${body.event_id}\n`,
  );
  expect(dry.stdout).toContain('"sequence": 9007199254740993');
  expect(dry.stdout).toMatch(/dry run: nothing was done; --yes does it\n$/);
  expect([await read(topic), await auditOf(merchantId)]).toEqual([[], []]);

  const done = await stack.ops(...args, '--yes', '--actor', 'ada');
  expect(done).toEqual({ code: 0, stdout: `sent ${body.event_id} to ${topic}\n`, stderr: '' });
  const [record, ...more] = await read(topic);
  expect(more).toEqual([]);
  expect([String(record!.key), String(record!.value), record!.headers]).toEqual([
    customerId,
    big,
    { ce_id: body.event_id, ce_source: 'hand', traceparent: '00-1=2' },
  ]);
  expect(await auditOf(merchantId)).toEqual([
    { actor: 'ops:ada', action: 'events.publish', detail: { topic, event_id: body.event_id } },
  ]);
});

it('sends any body from a file, with the given id', async () => {
  const topic = await newTopic(stack.kafka);
  const file = join(dir, 'body');
  writeFileSync(file, '{"broken');
  expect(
    await stack.opsJson('events', 'publish', topic, '--file', file, '--id', 'e-1', '--yes'),
  ).toMatchObject({
    dry_run: false,
    event_id: 'e-1',
  });
  const [record] = await read(topic);
  expect([record!.key, String(record!.value), record!.headers]).toEqual([
    null,
    '{"broken',
    { ce_id: 'e-1', ce_source: 'ops' },
  ]);
});

describe('for the topics that the worker reads', () => {
  beforeAll(() => stack.kafka.ensureTopics(TOPICS.map((name) => ({ name, partitions: 6, config: {} }))));
  const TOPICS = [Topic.rfmUpdated, Topic.gdprRequestCreated];
  const merchant = randomUUID();

  it.each<[string, object, string]>([
    [
      Topic.rfmUpdated,
      { ...score(merchant, randomUUID()), rfm_score: 'high' },
      'rfm_score: must be an object',
    ],
    [
      Topic.rfmUpdated,
      {
        ...score(merchant, randomUUID()),
        rfm_score: { recency: 9, frequency: 1, monetary: 1, as_of: '2026-01-02' },
      },
      'rfm_score.recency: must be 1 to 5',
    ],
    [
      Topic.gdprRequestCreated,
      { customer_id: randomUUID(), merchant_id: 'x' },
      'merchant_id: must be a UUID',
    ],
    [
      Topic.gdprRequestCreated,
      { merchant_id: merchant, kind: 'forget', customer_id: randomUUID() },
      'kind: must be one of redact, data_request, shop_redact',
    ],
    [
      Topic.gdprRequestCreated,
      { merchant_id: merchant },
      'customer_id: is required unless external_id or email names the person',
    ],
    ...['redact', 'data_request'].flatMap((kind): [string, object, string][] => [
      [
        Topic.gdprRequestCreated,
        { merchant_id: merchant, kind, email: 'ada@example.com', customer: { email: 'eve@example.com' } },
        'email: and customer.email must be the same',
      ],
      [
        Topic.gdprRequestCreated,
        { merchant_id: merchant, kind, customer_id: randomUUID(), customer: { id: randomUUID() } },
        'customer_id: and customer.id must name one customer',
      ],
    ]),
    [
      Topic.gdprRequestCreated,
      { merchant_id: merchant, external_id: 7_100_123, kind: 'customers/redact' },
      'it is not signed (--sign): a worker that requires signatures refuses it, any other worker carries it out',
    ],
  ])('reports the problem of a record for %s in a dry run (%#)', async (topic, body, problem) => {
    const result = await stack.opsJson('events', 'publish', topic, '--body', JSON.stringify(body));
    expect(result).toMatchObject({ dry_run: true, problem });
    const { stdout } = await stack.ops('events', 'publish', topic, '--body', JSON.stringify(body));
    expect(stdout).toContain(`problem  ${problem}\n`);
  });

  it('reports no problem for a valid score', async () => {
    const body = JSON.stringify(score(merchant, randomUUID()));
    expect(await stack.opsJson('events', 'publish', Topic.rfmUpdated, '--body', body)).toMatchObject({
      dry_run: true,
      problem: null,
    });
  });
});

it('signs with the key in a file, as the worker requires it', async () => {
  const signer = newSigningKey();
  const topic = await newTopic(stack.kafka);
  const file = join(dir, 'key.json');
  writeFileSync(file, JSON.stringify({ ...signer.privateKey, alg: signer.alg, kid: signer.kid }));
  const body = JSON.stringify({ request_id: 'r-1', merchant_id: randomUUID(), email: 'ada@example.com' });
  const args = ['events', 'publish', topic, '--body', body, '--sign', file, '--yes'];
  expect((await stack.ops(...args)).code).toBe(0);
  const keys = await openPublicKeys(parseKeySource(jwksOf(signer)), {
    variable: 'KEYS',
    log: createLogger('spec', 'silent'),
  });
  const [record] = await read(topic);
  await createSignatureCheck(keys)(record!);
  await expect(
    createSignatureCheck(keys)({ ...record!, value: Buffer.from(body.replace('r-1', 'r-2')) }),
  ).rejects.toMatchObject({ reason: 'signature_invalid' });

  writeFileSync(file, JSON.stringify({ kty: 'oct', k: 'c2VjcmV0' }));
  const refused = await stack.ops(...args);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--sign: cannot sign with it') });
  expect(refused.stderr).not.toContain('c2VjcmV0');
});

it.each([
  [[], 2, /^--topic: is required/],
  [[Topic.customerUpdated, '--body', '{}'], 2, /only the worker may write to customer\.updated/],
  [['rfm.updated.dlq', '--body', '{}'], 2, /only the worker may write to rfm\.updated\.dlq/],
  [['spec.x'], 2, /^--body, --file: give one of the two/],
  [['spec.x', '--body', '{}', '--file', 'x'], 2, /^--body, --file: give one of the two/],
  [['spec.x', '--file', '/nowhere/at/all'], 1, /^--file: cannot be read/],
  [['spec.x', '--body', '{}', '--header', 'x'], 2, /^--header: must be like/],
  [['spec.no-such-topic', '--body', '{}'], 1, /no topic spec.no-such-topic/],
])('refuses %j with exit code %i', async (args, code, why) => {
  expect(await stack.ops('events', 'publish', ...args)).toEqual({
    code,
    stdout: '',
    stderr: expect.stringMatching(why),
  });
});
