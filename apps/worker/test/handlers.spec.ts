import { randomUUID } from 'node:crypto';
import { deadLetterTopic, Topic } from '@core/contracts';
import { runConsumer, type ConsumedRecord, type EventConsumer, type KafkaClient } from '@core/events';
import { createLogger, Registry } from '@core/runtime';
import { waitUntil } from '@core/testing';
import { TOPICS } from '../src/topics.ts';
import { connect, openDatabase } from './support.ts';

const groupId = `spec.${randomUUID()}`;
const rfm = `spec.rfm.${randomUUID()}`;
const gdpr = `spec.gdpr.${randomUUID()}`;

let database: Awaited<ReturnType<typeof openDatabase>>;
let client: KafkaClient;
let consumer: EventConsumer;

beforeAll(async () => {
  database = await openDatabase();
  client = connect();
  const names = [rfm, gdpr].flatMap((topic) => [topic, deadLetterTopic(topic)]);
  await client.ensureTopics(names.map((name) => ({ name, partitions: 1, config: {} })));
  consumer = await runConsumer({
    client,
    groupId,
    topics: { [rfm]: TOPICS[Topic.rfmUpdated]!, [gdpr]: TOPICS[Topic.gdprRequestCreated]! },
    context: (requestId) => ({ ...database.ctx, caller: 'worker', requestId }),
    pool: database.pool,
    log: createLogger('spec', 'silent'),
    metrics: new Registry(),
  });
});
afterAll(async () => {
  await consumer?.close();
  await client?.close();
  await database?.close();
});

/** Sends bodies to a topic and waits until the consumer has done with them. */
async function deliver(topic: string, ...bodies: (object | string)[]): Promise<void> {
  const producer = await client.producer();
  await producer.send(
    bodies.map((body) => ({
      topic,
      key: 'key',
      headers: {},
      value: typeof body === 'string' ? body : JSON.stringify(body),
    })),
  );
  await waitUntil(async () => (await client.lag(groupId, topic)) === 0n, { what: 'the consumer being done' });
}

/** Dead letters whose event_id is one of the test's, or whose body was dropped. */
async function deadLetters(topic: string): Promise<ConsumedRecord[]> {
  const [end] = await client.endOffsets(deadLetterTopic(topic));
  const records: ConsumedRecord[] = [];
  if (end === 0n) return records;
  const reader = await client.consume({
    groupId: `spec.${randomUUID()}`,
    topics: [deadLetterTopic(topic)],
    onRecord: async (record) => void records.push(record),
  });
  await waitUntil(() => records.length >= Number(end), { what: 'the dead letters' });
  await reader.close();
  return records;
}
const reasonOf = async (topic: string, eventId: string): Promise<string | undefined> =>
  (await deadLetters(topic)).find(({ value }) => String(value).includes(eventId))?.headers['dlq_reason'];

const outboxOf = async (customerId: string) =>
  (
    await database.owner.query<{ version: number; origin: string }>(
      'select version, origin from outbox_events where customer_id = $1 order by id',
      [customerId],
    )
  ).rows;

describe('rfm.updated', () => {
  const score = (merchantId: string, customerId: string, sequence: number | string) => ({
    event_id: randomUUID(),
    merchant_id: merchantId,
    customer_id: customerId,
    rfm_score: { recency: 5, frequency: 4, monetary: 5, as_of: '2026-01-02T00:00:00Z', sequence },
  });

  it('stores the newest score once, whatever comes twice, late or in camelCase', async () => {
    const merchantId = randomUUID();
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    const first = score(merchantId, id, 17);
    await deliver(rfm, first, first, score(merchantId, id, 16), { ...first, event_id: randomUUID() });
    expect(await database.customer(id)).toMatchObject({
      version: 2,
      rfm_score: { score: '545', sequence: '17', as_of: '2026-01-02T00:00:00.000Z' },
    });
    await deliver(rfm, {
      eventId: randomUUID(),
      merchantId,
      customerId: id,
      rfmScore: {
        recency: 1,
        frequency: 2,
        monetary: 3,
        asOf: '2026-01-03T00:00:00Z',
        sequence: '18',
        segment: 'X',
      },
      field_of_a_newer_producer: true,
    });
    expect(await database.customer(id)).toMatchObject({
      version: 3,
      rfm_score: { score: '123', segment: 'X' },
    });
    expect(await outboxOf(id)).toEqual([
      { version: 1, origin: 'api' },
      { version: 2, origin: 'rfm' },
      { version: 3, origin: 'rfm' },
    ]);
    const { rows } = await database.owner.query(
      'select actor, request_id from audit_log where customer_id = $1',
      [id],
    );
    expect(rows).toContainEqual({ actor: 'worker', request_id: first.event_id });
  });

  it.each<[string, (event: ReturnType<typeof score>) => object, string]>([
    ['an unknown customer', (event) => ({ ...event, customer_id: randomUUID() }), 'unknown_customer'],
    ["another merchant's customer", (event) => ({ ...event, merchant_id: randomUUID() }), 'unknown_customer'],
    ['a malformed id', (event) => ({ ...event, customer_id: '42' }), 'invalid'],
    ['no merchant', ({ merchant_id: _, ...event }) => event, 'invalid'],
    ['no score', ({ rfm_score: _, ...event }) => event, 'invalid'],
    ['no as_of', (event) => ({ ...event, rfm_score: { ...event.rfm_score, as_of: undefined } }), 'invalid'],
    [
      'a score out of range',
      (event) => ({ ...event, rfm_score: { ...event.rfm_score, recency: 6 } }),
      'invalid',
    ],
    ['a wrong type', (event) => ({ ...event, rfm_score: 'high' }), 'malformed'],
  ])('sends %s to the dead letters', async (_what, change, reason) => {
    const merchantId = randomUUID();
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    const event = score(merchantId, id, 1);
    await deliver(rfm, change(event));
    expect(await reasonOf(rfm, event.event_id)).toBe(reason);
    expect(await database.customer(id)).toMatchObject({ version: 1, rfm_score: null });
  });
});

describe('gdpr_request.created', () => {
  const request = (merchantId: string, person: object) => ({
    event_id: randomUUID(),
    request_id: randomUUID(),
    merchant_id: merchantId,
    ...person,
  });
  const receiptOf = async (requestId: string) =>
    (
      await database.owner.query<{ receipt: object }>(
        'select receipt from privacy_requests where request_id = $1',
        [requestId],
      )
    ).rows[0]?.receipt;

  it.each<[string, (id: string) => object]>([
    ['customer_id', (id) => ({ customer_id: id, kind: 'redact' })],
    ['email', () => ({ email: ' Grace@Example.com' })],
  ])('erases the person named by %s, once', async (_by, person) => {
    const merchantId = randomUUID();
    const id = await database.newCustomer(merchantId, 'grace@example.com');
    const event = request(merchantId, person(id));
    await deliver(gdpr, event, event);
    expect(await database.customer(id)).toMatchObject({
      version: 2,
      email: null,
      erased_at: expect.any(Date),
    });
    expect(await receiptOf(event.request_id)).toMatchObject({ customerId: id });
    expect(await outboxOf(id)).toMatchObject([{ version: 1 }, { version: 2, origin: 'privacy' }]);
  });

  it('gives an unknown person an empty receipt, never a dead letter', async () => {
    const event = request(randomUUID(), { external_id: '123', email: 'nobody@example.com' });
    await deliver(gdpr, event);
    expect(await receiptOf(event.request_id)).toMatchObject({ customerId: null });
    expect(await reasonOf(gdpr, event.event_id)).toBeUndefined();
  });

  it.each<[string, object, string]>([
    ['data_request', { kind: 'data_request', customer_id: randomUUID() }, 'unsupported_kind'],
    ['shop_redact', { kind: 'shop_redact' }, 'unsupported_kind'],
    ['nobody named', {}, 'invalid'],
    ['a malformed id', { customer_id: '42' }, 'invalid'],
  ])('keeps a request that is not served in the dead letters: %s', async (_what, person, reason) => {
    const event = request(randomUUID(), person);
    await deliver(gdpr, event);
    expect(await reasonOf(gdpr, event.event_id)).toBe(reason);
    expect(await receiptOf(event.request_id)).toBeUndefined();
  });

  it('lets no email into the dead letters', async () => {
    const email = `canary-${randomUUID()}@example.com`;
    const event = request(randomUUID(), { kind: 'data_request', email });
    await deliver(gdpr, event, `{"email": "${email}"`, {
      ...event,
      event_id: randomUUID(),
      merchant_id: 5,
      email,
    });
    const letters = (await deadLetters(gdpr)).slice(-3);
    expect(letters.map(({ headers }) => headers['dlq_reason'])).toEqual([
      'unsupported_kind',
      'malformed',
      'malformed',
    ]);
    expect(letters.map(({ value }) => String(value)).join()).not.toContain(email);
    expect(String(letters[0]!.value)).toContain('"email":"[removed]"');
  });
});
