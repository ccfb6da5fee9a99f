import { randomUUID } from 'node:crypto';
import { deadLetterTopic, Topic } from '@core/contracts';
import { countParked, inTransaction, parkEvents } from '@core/db';
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
  consumer = await consume(client);
});
const consume = (kafka: KafkaClient) =>
  runConsumer({
    client: kafka,
    groupId,
    topics: { [rfm]: TOPICS[Topic.rfmUpdated]!, [gdpr]: TOPICS[Topic.gdprRequestCreated]! },
    context: ({ eventId }) => ({ ...database.ctx, caller: 'worker', requestId: eventId, traceparent }),
    unknownWait: 0,
    pool: database.pool,
    log: createLogger('spec', 'silent'),
    metrics: new Registry(),
  });
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
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
  const records: ConsumedRecord[] = [];
  for await (const record of client.read(deadLetterTopic(topic))) records.push(record);
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

  it('takes the id of another source, merchant or topic for another event', async () => {
    const [one, two] = [randomUUID(), randomUUID()];
    const [ada, bob] = [
      await database.newCustomer(one, 'ada@example.com'),
      await database.newCustomer(two, 'bob@example.com'),
    ];
    const first = score(one, ada, 1);
    await deliver(gdpr, { event_id: first.event_id, merchant_id: one, email: 'nobody@example.com' });
    await deliver(rfm, first, { ...score(two, bob, 1), event_id: first.event_id });
    const producer = await client.producer();
    const other = { ...score(one, ada, 2), event_id: first.event_id };
    other.rfm_score.recency = 1;
    const record = { topic: rfm, key: 'key', value: JSON.stringify(other) };
    await producer.send([{ ...record, headers: { ce_source: 'another' } }]);
    await waitUntil(async () => (await database.customer(ada)).version === 3, { what: 'the second score' });
    expect(await database.customer(bob)).toMatchObject({ version: 2 });
    expect(await reasonOf(rfm, first.event_id)).toBeUndefined();
  });

  it('makes a dead letter of another body under an id that was used, and is quiet about the same one', async () => {
    const merchantId = randomUUID();
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    const first = score(merchantId, id, 1);
    const spelled = { rfmScore: first.rfm_score, customerId: id, merchantId, eventId: first.event_id };
    await deliver(rfm, first, spelled, { ...first, occurred_at: '2026-01-02T00:00:00Z' });
    expect(await reasonOf(rfm, first.event_id)).toBeUndefined();
    const reused = { ...score(merchantId, id, 2), event_id: first.event_id };
    await deliver(rfm, reused);
    expect(await reasonOf(rfm, first.event_id)).toBe('id_reused');
    expect(await database.customer(id)).toMatchObject({ version: 2, rfm_score: { sequence: '1' } });
  });

  it('knows what the build before this one has claimed, by the id alone', async () => {
    const merchantId = randomUUID();
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    const event = score(merchantId, id, 1);
    await database.owner.query('insert into inbox_events (consumer, event_id) values ($1, $2)', [
      groupId,
      event.event_id,
    ]);
    await deliver(rfm, event);
    expect(await database.customer(id)).toMatchObject({ version: 1 });
    expect(await reasonOf(rfm, event.event_id)).toBeUndefined();
    const erasure = { event_id: event.event_id, merchant_id: merchantId, customer_id: id };
    await deliver(gdpr, erasure);
    expect(await database.customer(id)).toMatchObject({ erased_at: expect.any(Date) });
  });

  it('emits nothing when a newer score says the same', async () => {
    const merchantId = randomUUID();
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    await deliver(rfm, score(merchantId, id, 1));
    const events = await outboxOf(id);
    await deliver(rfm, score(merchantId, id, 2), score(merchantId, id, 3));
    expect(await database.customer(id)).toMatchObject({ version: 2, rfm_score: { sequence: '3' } });
    expect(await outboxOf(id)).toEqual(events);
  });

  it('hands the trace on to the event that it causes', async () => {
    const merchantId = randomUUID();
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    await deliver(rfm, score(merchantId, id, 1));
    const { rows } = await database.owner.query(
      "select traceparent from outbox_events where customer_id = $1 and origin = 'rfm'",
      [id],
    );
    expect(rows).toEqual([{ traceparent }]);
  });

  it('parks the score of a customer who is not known yet, and applies it when he is', async () => {
    const [merchantId, id] = [randomUUID(), randomUUID()];
    // The consumer of this file waits for nobody; a row that is parked by hand shows the way back.
    const event = score(merchantId, id, 1);
    await inTransaction(database.pool, (tx) =>
      parkEvents(
        tx,
        groupId,
        [
          {
            claimedAs: event.event_id,
            topic: rfm,
            partition: 0,
            offset: 0n,
            headers: {},
            body: JSON.stringify(event),
            merchantId,
            customerId: id,
          },
        ],
        900,
      ),
    );
    await database.owner.query('insert into customers (merchant_id, id) values ($1, $2)', [merchantId, id]);
    await waitUntil(async () => (await database.customer(id)).version === 2, { what: 'the score' });
    expect(await database.customer(id)).toMatchObject({ rfm_score: { score: '545' } });
    expect(await outboxOf(id)).toEqual([{ version: 2, origin: 'rfm' }]);
  });

  it.each<[string, (event: ReturnType<typeof score>) => object]>([
    ['nobody', (event) => ({ ...event, customer_id: randomUUID() })],
    ["another merchant's customer", (event) => ({ ...event, merchant_id: randomUUID() })],
  ])(
    'gives the score of %s up when the wait is over; sent again it is no duplicate',
    async (_who, change) => {
      const merchantId = randomUUID();
      const id = await database.newCustomer(merchantId, 'ada@example.com');
      const event = score(merchantId, id, 1);
      await deliver(rfm, change(event));
      const given = await waitUntil(() => reasonOf(rfm, event.event_id), { what: 'the dead letter' });
      expect(given).toBe('unknown_customer');
      expect(await database.customer(id)).toMatchObject({ version: 1, rfm_score: null });
      await deliver(rfm, event);
      expect(await database.customer(id)).toMatchObject({ version: 2 });
    },
  );

  const scoredAs = (event: ReturnType<typeof score>, part: object) => ({
    ...event,
    rfm_score: { ...event.rfm_score, ...part },
  });
  const in2Days = () => new Date(Date.now() + 2 * 86_400_000).toISOString();
  const nanosIn2Days = () => `${Date.now() + 2 * 86_400_000}000000`;

  it.each<[string, (event: ReturnType<typeof score>) => object, string]>([
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
    ['an id with a NUL', (event) => ({ ...event, event_id: `${event.event_id}\0` }), 'invalid'],
    ['a long id', (event) => ({ ...event, event_id: event.event_id + 'x'.repeat(11_000) }), 'invalid'],
    ['a long segment', (event) => scoredAs(event, { segment: 'x'.repeat(65) }), 'invalid'],
    ['a segment of two lines', (event) => scoredAs(event, { segment: 'a\nb' }), 'invalid'],
    ['half a character', (event) => scoredAs(event, { segment: '\ud800' }), 'malformed'],
    ['an as_of to come', (event) => scoredAs(event, { as_of: in2Days() }), 'invalid'],
    ['an as_of in the year 9999', (event) => scoredAs(event, { as_of: '9999-12-31T23:59:59Z' }), 'invalid'],
    ['an enormous sequence', (event) => scoredAs(event, { sequence: '9223372036854775807' }), 'invalid'],
    [
      'a sequence that no clock has reached',
      (event) => scoredAs(event, { sequence: nanosIn2Days() }),
      'invalid',
    ],
    ['a sequence beyond int64', (event) => scoredAs(event, { sequence: '9223372036854775808' }), 'malformed'],
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
    ...(person as { kind?: string }),
  });
  const receiptOf = async (requestId: string) =>
    (
      await database.owner.query<{ receipt: object }>(
        'select receipt from privacy_requests where request_id = $1',
        [requestId],
      )
    ).rows[0]?.receipt;

  it.each(['by a score', 'by another merchant', 'by this merchant for another request'])(
    'erases the person although the event_id was used before %s',
    async (by) => {
      const merchantId = randomUUID();
      const id = await database.newCustomer(merchantId, 'grace@example.com');
      const event = request(merchantId, { customer_id: id });
      const before = { ...request(merchantId, { email: 'nobody@example.com' }), event_id: event.event_id };
      if (by === 'by a score') {
        await deliver(rfm, {
          ...event,
          rfm_score: { recency: 1, frequency: 1, monetary: 1, as_of: '2026-01-02T00:00:00Z', sequence: 1 },
        });
      } else {
        await deliver(gdpr, by === 'by another merchant' ? { ...before, merchant_id: randomUUID() } : before);
      }
      await deliver(gdpr, event);
      expect(await database.customer(id)).toMatchObject({ erased_at: expect.any(Date) });
      expect(await receiptOf(event.request_id)).toMatchObject({ customerId: id });
      expect(await reasonOf(gdpr, event.event_id)).toBeUndefined();
    },
  );

  it.each<[string, object, object]>([
    ['an erasure, for somebody else', {}, { email: 'somebody.else@example.com' }],
    ['an erasure, for a shop', {}, { kind: 'shop_redact', email: undefined }],
    ['a data_request, for somebody else', { kind: 'data_request' }, { email: 'somebody.else@example.com' }],
    ['a data_request, for an erasure', { kind: 'data_request' }, { kind: 'redact' }],
    ['a shop_redact, for a person', { kind: 'shop_redact' }, { kind: 'data_request' }],
  ])(
    'says id_reused when the request_id is that of %s; the same again says nothing',
    async (_of, one, two) => {
      const first = request(randomUUID(), { email: 'grace@example.com', ...one });
      const again = {
        ...first,
        event_id: randomUUID(),
        email: first.kind === 'shop_redact' ? '' : ' Grace@example.com',
      };
      const reused = { ...first, ...two, event_id: randomUUID() };
      await deliver(gdpr, first, first, again);
      const before = await requestsOf(first.request_id);
      await deliver(gdpr, reused);
      expect(await reasonOf(gdpr, reused.event_id)).toBe('id_reused');
      expect(await requestsOf(first.request_id)).toEqual(before);
      for (const { event_id } of [first, again]) expect(await reasonOf(gdpr, event_id)).toBeUndefined();
    },
  );

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

  const requestsOf = async (requestId: string) =>
    (
      await database.owner.query<{ kind: string; customer_id: string | null; completed_at: Date | null }>(
        'select kind, customer_id, completed_at from privacy_requests where request_id = $1',
        [requestId],
      )
    ).rows;

  it.each<[string, object]>([
    ['an unknown kind', { kind: 'forget', customer_id: randomUUID() }],
    ['no merchant', { merchant_id: 'x', customer_id: randomUUID() }],
  ])('keeps what it cannot even write down in the dead letters: %s', async (_what, change) => {
    const event = request(randomUUID(), change);
    await deliver(gdpr, event);
    expect(await reasonOf(gdpr, event.event_id)).toMatch(/^(unsupported_kind|invalid)$/);
    expect(await requestsOf(event.request_id)).toEqual([]);
  });

  it.each<[string, object]>([
    ['request_id', { request_id: `${randomUUID()}${'x'.repeat(11_000)}` }],
    ['request_id', { request_id: 'a\0b' }],
    ['kind', { kind: 'x'.repeat(65) }],
    ['kind', { kind: 're\0dact' }],
  ])(
    'keeps what it cannot even write down in the dead letters, at the first attempt: a bad %s',
    async (_what, change) => {
      const event = request(randomUUID(), { customer_id: randomUUID(), ...change });
      await deliver(gdpr, event);
      const letter = (await deadLetters(gdpr)).find(({ value }) => String(value).includes(event.event_id));
      expect(letter!.headers).toMatchObject({ dlq_reason: 'invalid', dlq_attempts: '1' });
    },
  );

  it.each<[string, object, string]>([
    ['a long email', { email: `${'x'.repeat(400)}@example.com` }, 'redact'],
    ['an email with a NUL', { email: 'a\0@example.com', kind: 'data_request' }, 'data_request'],
    ['a long external_id', { external_id: 'x'.repeat(11_000) }, 'redact'],
    ['a long event_id', { event_id: `long ${'x'.repeat(11_000)}`, email: 'ada@example.com' }, 'redact'],
    ['nobody but a space', { email: ' ' }, 'redact'],
    ['nobody named', {}, 'redact'],
    ['a malformed id', { customer_id: '42' }, 'redact'],
    ['a malformed id', { customer_id: '42', kind: 'data_request' }, 'data_request'],
  ])('writes down as pending what becomes a dead letter: %s', async (_what, person, kind) => {
    const merchantId = randomUUID();
    const email = `grace.${randomUUID()}@example.com`;
    const id = await database.newCustomer(merchantId, email);
    const event = request(merchantId, person);
    await deliver(gdpr, event);
    expect(await reasonOf(gdpr, event.event_id)).toBe('invalid');
    expect(await requestsOf(event.request_id)).toEqual([{ kind, customer_id: null, completed_at: null }]);

    // Sent anew by the producer, who knows the email that the dead letter has lost.
    const anew = { event_id: randomUUID(), customer_id: undefined, external_id: undefined, email };
    await deliver(gdpr, { ...event, ...anew });
    expect(await requestsOf(event.request_id)).toEqual([
      { kind, customer_id: id, completed_at: kind === 'redact' ? expect.any(Date) : null },
    ]);
  });

  it('writes down as pending what fails for a reason of its own, and the first receipt stays', async () => {
    const merchantId = randomUUID();
    const [one, another] = [await database.newCustomer(merchantId, 'one@example.com'), randomUUID()];
    const event = request(merchantId, { customer_id: one });
    await deliver(gdpr, event);
    const before = await requestsOf(event.request_id);
    const reused = { ...event, event_id: randomUUID(), customer_id: another };
    await deliver(gdpr, reused);
    expect(await reasonOf(gdpr, reused.event_id)).toBe('id_reused');
    expect(await requestsOf(event.request_id)).toEqual(before);

    const lost = request(randomUUID(), { email: 'ada@example.com' });
    await database.owner.query(
      `insert into merchant_keys (merchant_id, generation, data_key, index_key) values ($1, 1, 'gone.AAAA', 'gone.AAAA')`,
      [lost.merchant_id],
    );
    await deliver(gdpr, lost);
    expect(await reasonOf(gdpr, lost.event_id)).toBe('unforeseen');
    expect(await requestsOf(lost.request_id)).toEqual([
      { kind: 'redact', customer_id: null, completed_at: null },
    ]);
  });

  it('takes ids in any spelling for the same', async () => {
    const merchantId = randomUUID();
    const event = request(merchantId.toUpperCase(), { email: 'ada@example.com' });
    // The first that is heard of the merchant: its keys are made here.
    await deliver(gdpr, event);
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    await deliver(gdpr, request(merchantId, { customer_id: id.toUpperCase() }));
    expect(await database.customer(id)).toMatchObject({ erased_at: expect.any(Date) });
  });

  it('lets no name of a person and nothing unforeseen into the dead letters', async () => {
    const email = `canary-${randomUUID()}@example.com`;
    const customer_id = randomUUID();
    const event = request(randomUUID(), {
      kind: 'forget',
      email,
      external_id: 'gid://shopify/Customer/4711',
      customer_id,
      phone: '555-0199',
    });
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
    const text = letters.map(({ value }) => String(value)).join();
    for (const name of [email, '4711', '555-0199']) expect(text).not.toContain(name);
    expect(JSON.parse(String(letters[0]!.value))).toEqual({
      event_id: event.event_id,
      request_id: event.request_id,
      merchant_id: event.merchant_id,
      kind: 'forget',
      customer_id,
      external_id: '[removed]',
      email: '[removed]',
      '[removed]': 'fields that the schema does not know',
    });
  });
});

describe('a topic consumed again from its beginning', () => {
  /** All that events can change or emit. */
  const state = async () =>
    Promise.all(
      [
        'select * from customers order by id',
        'select * from outbox_events order by id',
        'select * from audit_log order by id',
        'select * from privacy_requests order by merchant_id, request_id',
        'select * from erasure_tombstones order by merchant_id, kind, hash',
      ].map(async (sql) => (await database.owner.query(sql)).rows),
    );
  /** The same consumer for the inbox, in a Kafka group that has seen nothing yet. */
  const consumeAgain = async () => {
    const again = `spec.${randomUUID()}`;
    const second = await consume({
      ...client,
      consume: (options) => client.consume({ ...options, groupId: again }),
    });
    for (const topic of [rfm, gdpr]) {
      await waitUntil(async () => (await client.lag(again, topic)) === 0n, { what: 'all records again' });
    }
    await second.close();
  };

  it('changes no row and emits nothing, also when the inbox has forgotten everything', async () => {
    const merchantId = randomUUID();
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    const scored = (sequence: number, recency: number) => ({
      event_id: randomUUID(),
      merchant_id: merchantId,
      customer_id: id,
      rfm_score: { recency, frequency: 1, monetary: 1, as_of: '2026-01-02T00:00:00Z', sequence },
    });
    await deliver(rfm, scored(1, 1), scored(2, 2));
    await deliver(rfm, scored(3, 3), scored(4, 3));
    await waitUntil(async () => (await countParked(database.pool, groupId)).size === 0, {
      what: 'no event to be parked',
    });
    const before = await state();
    expect(before[0]!.length).toBeGreaterThan(5);
    await consumeAgain();
    expect(await state()).toEqual(before);
    await database.owner.query('delete from inbox_events');
    await consumeAgain();
    expect(await state()).toEqual(before);
  });
});
