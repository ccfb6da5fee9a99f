// tag: compliance
import { randomUUID } from 'node:crypto';
import { countDeferred, inTransaction, deferEvents } from '@core/db';
import { aCustomerId, aMerchantId, waitUntil } from '@core/testing';
import { openInbound, traceparent, type Inbound } from './inbound.ts';

let database: Inbound['database'];
let client: Inbound['client'];
let consume: Inbound['consume'];
let deliver: Inbound['deliver'];
let deadLetters: Inbound['deadLetters'];
let reasonOf: Inbound['reasonOf'];
let faultOf: Inbound['faultOf'];
let groupId: string;
let rfm: string;
let gdpr: string;
let close: Inbound['close'];
beforeAll(async () => {
  ({ database, client, consume, deliver, deadLetters, reasonOf, faultOf, groupId, rfm, gdpr, close } =
    await openInbound());
});
afterAll(() => close?.());

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

  it('stores the newest score once, despite repeated, late and camelCase events', async () => {
    const merchantId = aMerchantId();
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

  it('treats a repeated id from another source, merchant or topic as another event', async () => {
    const [one, two] = [aMerchantId(), aMerchantId()];
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

  it('makes a dead letter of another body under a used id, and ignores the same body', async () => {
    const merchantId = aMerchantId();
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

  it('recognizes an event that the previous build has claimed only by its id', async () => {
    const merchantId = aMerchantId();
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

  it('emits nothing when a newer score has the same values', async () => {
    const merchantId = aMerchantId();
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    await deliver(rfm, score(merchantId, id, 1));
    const events = await outboxOf(id);
    await deliver(rfm, score(merchantId, id, 2), score(merchantId, id, 3));
    expect(await database.customer(id)).toMatchObject({ version: 2, rfm_score: { sequence: '3' } });
    expect(await outboxOf(id)).toEqual(events);
  });

  it('passes the trace on to the event that it causes', async () => {
    const merchantId = aMerchantId();
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    await deliver(rfm, score(merchantId, id, 1));
    const { rows } = await database.owner.query(
      "select traceparent from outbox_events where customer_id = $1 and origin = 'rfm'",
      [id],
    );
    expect(rows).toEqual([{ traceparent }]);
  });

  it('defers the score of an unknown customer, and applies it once the customer exists', async () => {
    const [merchantId, id] = [aMerchantId(), aCustomerId()];
    // The consumer in this file waits for no customer; the test inserts the deferred row itself.
    const event = score(merchantId, id, 1);
    await inTransaction(database.pool, (tx) =>
      deferEvents(
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

  /** Returns the body of a score that contains these parts as raw JSON. */
  const written = (merchantId: string, id: string, parts: Record<string, string>) => {
    const { sequence: _, as_of: __, ...rest } = score(merchantId, id, 0).rfm_score;
    const marks = Object.fromEntries(Object.keys(parts).map((name) => [name, `?${name}?`]));
    const event = { ...score(merchantId, id, 0), rfm_score: { ...rest, ...marks } };
    return Object.entries(parts).reduce(
      (body, [name, json]) => body.replace(`"?${name}?"`, json),
      JSON.stringify(event),
    );
  };

  it.each<[string, Record<string, string>, Record<string, string>, object]>([
    [
      'microseconds',
      { as_of: '"2026-01-02T01:00:00.123100Z"' },
      { as_of: '"2026-01-02T01:00:00.123400Z"' },
      { as_of: '2026-01-02T01:00:00.123400Z' },
    ],
    [
      'a nanosecond',
      { as_of: '"2026-01-02T01:00:00.123456788Z"' },
      { as_of: '"2026-01-02T03:00:00.123456789+02:00"' },
      { as_of: '2026-01-02T01:00:00.123456789Z' },
    ],
    [
      'a nanosecond of numbers',
      { as_of: '1767312000.000000001' },
      { as_of: '1767312000000000002' },
      { as_of: '2026-01-02T00:00:00.000000002Z' },
    ],
    [
      'one, in numbers beyond 2^53',
      { as_of: '"2026-01-02T01:00:00Z"', sequence: '9007199254740992' },
      { as_of: '"2026-01-02T01:00:00Z"', sequence: '9007199254740993' },
      { sequence: '9007199254740993' },
    ],
    [
      'one, as number and as text',
      { as_of: '"2026-01-02T01:00:00Z"', sequence: '1e3' },
      { as_of: '"2026-01-02T01:00:00Z"', sequence: '"+1001"' },
      { sequence: '1001' },
    ],
  ])('stores the newer of two scores that differ by %s', async (_by, older, newer, stored) => {
    for (const apart of [true, false]) {
      const merchantId = aMerchantId();
      const id = await database.newCustomer(merchantId, 'ada@example.com');
      const bodies = [written(merchantId, id, older), written(merchantId, id, newer)];
      if (apart) for (const body of bodies) await deliver(rfm, body);
      else await deliver(rfm, ...bodies);
      expect((await database.customer(id)).rfm_score).toMatchObject(stored);
      await deliver(rfm, written(merchantId, id, older));
      expect((await database.customer(id)).rfm_score).toMatchObject(stored);
    }
  });

  it('applies a score whatever its unused fields contain', async () => {
    const merchantId = aMerchantId();
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    await deliver(rfm, {
      ...score(merchantId.toUpperCase(), ` ${id} `, 1),
      occurred_at: { soon: ['\0'] },
      trace: '\ud800',
    });
    expect(await database.customer(id)).toMatchObject({ version: 2, rfm_score: { score: '545' } });
  });

  it.each<[string, (event: ReturnType<typeof score>) => object]>([
    ['an unknown customer', (event) => ({ ...event, customer_id: randomUUID() })],
    ["another merchant's customer", (event) => ({ ...event, merchant_id: randomUUID() })],
  ])(
    'gives up the score of %s after the wait; a valid event with its id is no duplicate',
    async (_who, change) => {
      const merchantId = aMerchantId();
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

  it('defers only the fields that it reads, with all their digits', async () => {
    const [merchantId, id] = [aMerchantId(), randomUUID()];
    const parts = { as_of: '"2026-01-02T01:00:00.123456789Z"', sequence: '9007199254740993' };
    const body = written(merchantId, id, parts).replace('{', '{"occurred_at":"\\u0000","trace":1e999999,');
    const { event_id } = JSON.parse(body) as { event_id: string };
    await deliver(rfm, body);
    const letter = await waitUntil(
      async () => (await deadLetters(rfm)).find(({ value }) => String(value).includes(event_id)),
      { what: 'the dead letter' },
    );
    expect(letter.headers).toMatchObject({
      dlq_reason: 'unknown_customer',
      dlq_field: 'customer_id',
      dlq_rule: 'did not become known in time',
    });
    expect(JSON.parse(String(letter.value))).toEqual({
      event_id,
      merchant_id: merchantId,
      customer_id: id,
      rfm_score: {
        recency: 5,
        frequency: 4,
        monetary: 5,
        as_of: '2026-01-02T01:00:00.123456789Z',
        sequence: '9007199254740993',
      },
    });
  });

  const scoredAs = (event: ReturnType<typeof score>, part: object) => ({
    ...event,
    rfm_score: { ...event.rfm_score, ...part },
  });
  const in2Days = () => new Date(Date.now() + 2 * 86_400_000).toISOString();
  const tooLong = 'rfm_score.segment: must have at most 64 characters';
  const tooLate = 'rfm_score.as_of: must be at most a day from now';
  const noClock = 'rfm_score.sequence: must be at most a day from now, in nanoseconds since 1970';
  const nanosIn2Days = () => `${Date.now() + 2 * 86_400_000}000000`;

  it.each<[string, (event: ReturnType<typeof score>) => object, string]>([
    ['a malformed id', (event) => ({ ...event, customer_id: '42' }), 'customer_id: must be a UUID'],
    ['no merchant', ({ merchant_id: _, ...event }) => event, 'merchant_id: is required'],
    ['no score', ({ rfm_score: _, ...event }) => event, 'rfm_score: is required'],
    ['no as_of', (event) => scoredAs(event, { as_of: undefined }), 'rfm_score.as_of: is required'],
    ['a score out of range', (event) => scoredAs(event, { recency: 6 }), 'rfm_score.recency: must be 1 to 5'],
    // The reason was "malformed" once: the body is readable, and its producer has to fix the field.
    ['a wrong type', (event) => ({ ...event, rfm_score: 'high' }), 'rfm_score: must be an object'],
    [
      'an id with a NUL',
      (event) => ({ ...event, event_id: `${event.event_id}\0x` }),
      'event_id: must consist of visible characters',
    ],
    [
      'a long id',
      (event) => ({ ...event, event_id: event.event_id + 'x'.repeat(11_000) }),
      'event_id: must have at most 255 characters',
    ],
    ['a long segment', (event) => scoredAs(event, { segment: 'x'.repeat(65) }), tooLong],
    ['an endless segment', (event) => scoredAs(event, { segment: 'x'.repeat(100_000) }), tooLong],
    [
      'a segment of two lines',
      (event) => scoredAs(event, { segment: 'a\nb' }),
      'rfm_score.segment: must consist of visible characters',
    ],
    [
      'half a character',
      (event) => scoredAs(event, { segment: '\ud800' }),
      'rfm_score.segment: must consist of visible characters',
    ],
    ['a future as_of', (event) => scoredAs(event, { as_of: in2Days() }), tooLate],
    ['an as_of in the year 9999', (event) => scoredAs(event, { as_of: '9999-12-31T23:59:59Z' }), tooLate],
    [
      'an as_of that is not a time',
      (event) => scoredAs(event, { as_of: 'soon' }),
      expect.stringMatching(/^rfm_score\.as_of: must be a time like /),
    ],
    ['an enormous sequence', (event) => scoredAs(event, { sequence: '9223372036854775807' }), noClock],
    ['a sequence in the future', (event) => scoredAs(event, { sequence: nanosIn2Days() }), noClock],
    [
      'a sequence beyond int64',
      (event) => scoredAs(event, { sequence: '9223372036854775808' }),
      'rfm_score.sequence: must fit into 64 bits: at most 9223372036854775807',
    ],
  ])('sends %s to the dead letters with field and rule', async (_what, change, fault) => {
    const merchantId = aMerchantId();
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    const event = score(merchantId, id, 1);
    await deliver(rfm, change(event));
    // The dead letter does not keep an invalid id, but it keeps the other one.
    const kept = (await reasonOf(rfm, id)) === undefined ? event.event_id : id;
    expect(await reasonOf(rfm, kept)).toBe('invalid');
    expect(await faultOf(rfm, kept)).toEqual(fault);
    expect(await database.customer(id)).toMatchObject({ version: 1, rfm_score: null });
  });
});

describe('gdpr_request.created', () => {
  const request = (merchantId: string, person: object) => ({
    event_id: randomUUID(),
    request_id: randomUUID(),
    merchant_id: merchantId,
    ...(person as { kind?: string; email?: string }),
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
      const merchantId = aMerchantId();
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
    ['an erasure, but for another person', {}, { email: 'somebody.else@example.com' }],
    ['an erasure, but for a shop', {}, { kind: 'shop_redact', email: undefined }],
    [
      'a data_request, but for another person',
      { kind: 'data_request' },
      { email: 'somebody.else@example.com' },
    ],
    ['a data_request, but for an erasure', { kind: 'data_request' }, { kind: 'redact' }],
    [
      'a shop_redact, but for a person',
      { kind: 'shop_redact', email: '' },
      { kind: 'data_request', email: 'grace@example.com' },
    ],
  ])(
    'refuses with id_reused the request_id of %s, and accepts the same request again',
    async (_of, one, two) => {
      const first = request(randomUUID(), { email: 'grace@example.com', ...one });
      const again = { ...first, event_id: randomUUID(), email: first.email && ' Grace@example.com' };
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
    const merchantId = aMerchantId();
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

  it('records a failed request as pending, and keeps the first receipt', async () => {
    const merchantId = aMerchantId();
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

  it('treats all spellings of an id as the same id', async () => {
    const merchantId = aMerchantId();
    const event = request(merchantId.toUpperCase(), { email: 'ada@example.com' });
    // The first event of the merchant: it creates the merchant's keys.
    await deliver(gdpr, event);
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    await deliver(gdpr, request(merchantId, { customer_id: id.toUpperCase() }));
    expect(await database.customer(id)).toMatchObject({ erased_at: expect.any(Date) });
  });

  it('keeps personal names and unknown fields out of the dead letters', async () => {
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
      occurred_at: 'Ada Lovelace',
      email,
    });
    const letters = (await deadLetters(gdpr)).slice(-3);
    expect(letters.map(({ headers }) => headers['dlq_reason'])).toEqual([
      'unsupported_kind',
      'malformed',
      'invalid',
    ]);
    const text = letters.map(({ value }) => String(value)).join();
    for (const name of [email, '4711', '555-0199', 'Ada Lovelace']) expect(text).not.toContain(name);
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
  /** Returns all rows that events can change or emit. */
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
  /** Consumes with the same inbox consumer, in a new Kafka group. */
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

  it('changes no row and emits nothing, even with an empty inbox', async () => {
    const merchantId = aMerchantId();
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    const scored = (sequence: number, recency: number) => ({
      event_id: randomUUID(),
      merchant_id: merchantId,
      customer_id: id,
      rfm_score: { recency, frequency: 1, monetary: 1, as_of: '2026-01-02T00:00:00Z', sequence },
    });
    await deliver(rfm, scored(1, 1), scored(2, 2));
    await deliver(rfm, scored(3, 3), scored(4, 3));
    await waitUntil(async () => (await countDeferred(database.pool, groupId)).size === 0, {
      what: 'no event to be deferred',
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
