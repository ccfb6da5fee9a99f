// tag: compliance
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deadLetterTopic, Topic, type MerchantId } from '@core/contracts';
import { runConsumer, type ConsumedRecord, type EventConsumer, type KafkaClient } from '@core/events';
import { createLogger, Registry, parseKeySource } from '@core/runtime';
import { aMerchantId, freePort, jwksOf, newSigningKey, signRecord, waitUntil } from '@core/testing';
import { openSignatures } from '../src/signatures.ts';
import { TOPICS } from '../src/topics.ts';
import { connect, openDatabase } from './support.ts';
import { startWorkerProcess } from './worker-process.ts';

const signer = newSigningKey();
const log = createLogger('spec', 'silent');

let database: Awaited<ReturnType<typeof openDatabase>>;
let client: KafkaClient;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  database = await openDatabase();
  client = connect();
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await client?.close();
  await database?.close();
});

/** Starts a consumer of a separate topic, configured like the worker's in production. */
async function consumeSigned(jwks: string) {
  const [topic, groupId, metrics] = [`spec.gdpr.${randomUUID()}`, `spec.${randomUUID()}`, new Registry()];
  await client.ensureTopics(
    [topic, deadLetterTopic(topic)].map((name) => ({ name, partitions: 1, config: {} })),
  );
  const verify = openSignatures(parseKeySource(jwks), log);
  if (verify === 'off') throw new Error('signatures must be checked when keys are given');
  const consumer: EventConsumer = await runConsumer({
    client,
    groupId,
    topics: { [topic]: { ...TOPICS[Topic.gdprRequestCreated]!, verify } },
    context: ({ eventId }) => ({ ...database.ctx, caller: 'worker', requestId: eventId }),
    unknownWait: 0,
    pool: database.pool,
    log,
    metrics,
  });
  closing.push(() => consumer.close());
  const send = async (body: object, sign: (record: Signed) => Record<string, string>) => {
    const value = JSON.stringify(body, null, 1);
    const headers = { ce_id: randomUUID(), ce_source: 'privacy' };
    const more = sign({ topic, headers, value });
    await (await client.producer()).send([{ topic, key: 'k', headers: { ...headers, ...more }, value }]);
  };
  const letters = async (): Promise<ConsumedRecord[]> => {
    const found = [];
    for await (const record of client.read(deadLetterTopic(topic))) found.push(record);
    return found;
  };
  const done = () =>
    waitUntil(async () => (await client.lag(groupId, topic)) === 0n, { what: 'the consumer to be done' });
  return { topic, groupId, send, letters, done, metrics };
}
interface Signed {
  topic: string;
  headers: Record<string, string>;
  value: string;
}
const sign = (record: Signed) => ({ jws: signRecord(signer, record) });

const shopRedact = (merchantId: string) => ({
  event_id: randomUUID(),
  request_id: randomUUID(),
  merchant_id: merchantId,
  kind: 'shop_redact',
});
const requestsOf = async (merchantId: MerchantId) =>
  (await database.owner.query('select * from privacy_requests where merchant_id = $1', [merchantId])).rows;

it('applies only signed records; a refused record becomes a dead letter and raises an alarm', async () => {
  const world = await consumeSigned(jwksOf(signer));
  const [merchantId, customerOf] = [aMerchantId(), aMerchantId()];
  const person = await database.newCustomer(customerOf, 'ada@example.com');

  await world.send(shopRedact(merchantId), () => ({}));
  await world.send({ ...shopRedact(customerOf), kind: 'redact', customer_id: person }, () => ({}));
  await world.send(shopRedact(merchantId), (record) => ({ jws: signRecord(newSigningKey(), record) }));
  await world.send(shopRedact(merchantId), (record) => sign({ ...record, topic: Topic.rfmUpdated }));
  await world.send(shopRedact(merchantId), (record) => sign({ ...record, value: '{}' }));
  await world.done();
  expect((await world.letters()).map(({ headers }) => headers['dlq_reason'])).toEqual([
    'signature_missing',
    'signature_missing',
    'signature_invalid',
    'signature_invalid',
    'signature_invalid',
  ]);
  expect(await requestsOf(merchantId)).toEqual([]);
  expect(await requestsOf(customerOf)).toEqual([]);
  expect((await database.customer(person)).email).not.toBeNull();
  const figures = await world.metrics.metrics();
  expect(figures).toMatch(/core_events_dead_lettered_total\{[^}]*reason="signature_missing"\} 2/);
  expect(figures).toMatch(/core_events_dead_lettered_total\{[^}]*reason="signature_invalid"\} 3/);

  await world.send(shopRedact(merchantId), sign);
  await world.send({ ...shopRedact(customerOf), kind: 'redact', customer_id: person }, sign);
  await world.done();
  expect(await requestsOf(merchantId)).toMatchObject([{ kind: 'shop_redact' }]);
  expect((await database.customer(person)).erased_at).not.toBeNull();
  expect(await world.letters()).toHaveLength(5);
});

it('keeps a signature that fits the body of the dead letter, and removes one that does not', async () => {
  const world = await consumeSigned(jwksOf(signer));
  const body = { ...shopRedact(aMerchantId()), kind: 'portability' };
  await world.send(body, sign);
  await world.send({ ...body, email: 'ada@example.com' }, sign);
  await world.done();
  const [whole, cut] = await world.letters();
  expect(whole!.headers).toMatchObject({ dlq_reason: 'unsupported_kind', jws: expect.any(String) });
  expect(whole!.value!.toString()).toBe(JSON.stringify(body, null, 1));
  expect(cut!.headers).toMatchObject({ dlq_signature: 'removed' });
  expect(cut!.headers['jws']).toBeUndefined();
});

it('makes records wait while the keys cannot be fetched, and loses none', async () => {
  const port = await freePort();
  const world = await consumeSigned(`http://127.0.0.1:${port}/jwks.json`);
  const [signed, unsigned] = [aMerchantId(), aMerchantId()];
  await world.send(shopRedact(signed), sign);
  await world.send(shopRedact(unsigned), () => ({}));
  // The consumer has tried: the server counts the requests from the first one.
  const server: Server = createServer((_, reply) => void reply.writeHead(503).end()).listen(port);
  closing.push(() => server.close());
  let asked = 0;
  server.on('request', () => asked++);
  await waitUntil(() => asked >= 2, { what: 'the keys to be requested' });
  expect(await client.lag(world.groupId, world.topic)).toBe(2n);
  expect(await requestsOf(signed)).toEqual([]);
  expect(await world.letters()).toEqual([]);

  server.removeAllListeners('request');
  server.on('request', (_, reply) => void reply.end(jwksOf(signer)));
  await world.done();
  expect(await requestsOf(signed)).toHaveLength(1);
  expect(await requestsOf(unsigned)).toEqual([]);
  expect((await world.letters()).map(({ headers }) => headers['dlq_reason'])).toEqual(['signature_missing']);
  expect((server.address() as AddressInfo).port).toBe(port);
});

describe('a worker', () => {
  const launch = async (env: Record<string, string>) => {
    const worker = await startWorkerProcess(database, env);
    closing.push(() => worker.kill());
    return worker;
  };
  const exitOf = async (env: Record<string, string>) => {
    const worker = await launch(env);
    return { code: await worker.exited, output: worker.output() };
  };

  it('does not start in production without keys, unless signatures are switched off', async () => {
    const production = { NODE_ENV: 'production', CORE_DB_SEALER_PASSWORD: 'spec' };
    const refused = await exitOf(production);
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('CORE_EVENTS_JWKS') });
    expect(refused.output).toContain('CORE_EVENTS_SIGNATURES=off');
    const off = await launch({ ...production, CORE_EVENTS_SIGNATURES: 'off' });
    await waitUntil(() => off.output().includes('are not checked for a signature'), { what: 'the warning' });
    expect(off.output()).not.toContain('must be signed');
  });

  it('refuses a missing key file, and required signatures without keys', async () => {
    const missing = await exitOf({ CORE_EVENTS_JWKS: '/nowhere/jwks.json' });
    expect(missing).toMatchObject({ code: 1, output: expect.stringContaining('there is no such file') });
    expect(await exitOf({ CORE_EVENTS_SIGNATURES: 'required' })).toMatchObject({ code: 1 });
  });
});
