import { randomBytes, randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { MalformedEvent, type KeptFields } from '@core/contracts';
import type { Tx } from '@core/db';
import { invalid, notFound, CoreError } from '@core/runtime';
import { aCustomerId, aMerchantId, waitUntil } from '@core/testing';
import {
  runConsumer,
  Unhandleable,
  type ConsumedRecord,
  type KafkaClient,
  type RunConsumer,
} from '../src/index.ts';
import { collect, connect, newRegistry, newTopic, openDatabase, quietLog, upTo } from './support.ts';

type Event = { eventId: string; step: string; merchant: string };
const keeps: KeptFields = { eventId: 'text', step: 'text', merchant: 'text', email: 'removed' };

/** Returns a string that stays long after PostgreSQL's compression. */
const incompressible = (length: number) => randomBytes(length).toString('base64').slice(0, length);

/** A key in the form of a customer's id, like the keys of the topics. */
const ONE_PARTITION = randomUUID();

describe('consumer', () => {
  let client: KafkaClient;
  let database: Awaited<ReturnType<typeof openDatabase>>;
  let pool: Pool;
  beforeAll(async () => {
    client = connect();
    database = await openDatabase();
    // The handlers' effect may be in any table that the worker can write to.
    pool = database.pool;
  });
  afterAll(async () => {
    await client.close();
    await database.close();
  });

  const decode = (body: Uint8Array | null): Event => {
    try {
      const event: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body ?? undefined));
      if (typeof event === 'object' && event !== null) return event as Event;
    } catch {
      // throws MalformedEvent below
    }
    throw new MalformedEvent('no JSON object');
  };
  const failures: Record<string, () => Error> = {
    invalid: () => invalid('step', 'must be another'),
    unknown: () => notFound('customer'),
    unsupported: () => new Unhandleable('unsupported_kind'),
    bug: () => new TypeError('a bug'),
    transient: () => Object.assign(new Error('terminating'), { code: '57P01' }),
    unavailable: () => new CoreError('unavailable', 'not now'),
  };

  /** Consumes with a handler that writes one row per event, and fails in the way that `step` names. */
  async function start(
    topic: string,
    tries: Record<string, number> = {},
    options: Partial<Pick<RunConsumer<unknown>, 'pool' | 'exhaustedAfterMs'>> = {},
    beforeDeadLetter?: (tx: Tx, ctx: { eventId: string }, event: Event) => Promise<unknown>,
  ) {
    const seen: Record<string, number> = {};
    const metrics = newRegistry();
    const groupId = `spec.${randomUUID()}`;
    const consumer = await runConsumer({
      client,
      groupId,
      pool,
      log: quietLog,
      metrics,
      context: ({ eventId }) => ({ eventId }),
      unknownWait: 900,
      ...options,
      topics: {
        [topic]: {
          decode,
          keeps,
          async handle(tx, ctx, event: Event) {
            await write(tx, event, ctx.eventId);
            seen[event.step] = (seen[event.step] ?? 0) + 1;
            const failure = failures[event.step];
            if (failure && seen[event.step]! <= (tries[event.step] ?? Infinity)) throw failure();
          },
          ...(beforeDeadLetter ? { beforeDeadLetter } : {}),
        },
      },
    });
    return { consumer, seen, metrics, groupId };
  }
  const write = (tx: Tx, event: Event, eventId: string) =>
    tx.query(
      `insert into privacy_requests (merchant_id, request_id, kind, receipt) values ($1, $2, 'spec', '{}')`,
      [event.merchant, eventId],
    );
  const publish = async (topic: string, values: (object | string)[], headers: Record<string, string> = {}) =>
    (await client.producer()).send(
      values.map((value) => ({
        topic,
        key: ONE_PARTITION,
        headers,
        value: typeof value === 'string' ? value : JSON.stringify(value),
      })),
    );
  const effects = async (merchant: string) =>
    (
      await database.owner.query<{ request_id: string }>(
        'select request_id from privacy_requests where merchant_id = $1 order by request_id',
        [merchant],
      )
    ).rows.map((row) => row.request_id);
  const lettersOf = async (topic: string) => {
    const letters: ConsumedRecord[] = [];
    for await (const letter of client.read(`${topic}.dlq`)) letters.push(letter);
    return letters;
  };
  const committed = (groupId: string, topic: string) =>
    waitUntil(async () => (await client.lag(groupId, topic)) === 0n, { what: 'everything being committed' });

  it('applies an event once, however often it is delivered', async () => {
    const topic = await newTopic(client, { dlq: true });
    const merchant = randomUUID();
    const { consumer, seen, metrics, groupId } = await start(topic);
    await publish(topic, [
      { eventId: 'a', step: 'x', merchant },
      { eventId: 'a', step: 'x', merchant },
    ]);
    await publish(topic, [{ eventId: 'b', step: 'x', merchant }], { ce_id: 'a' });
    await publish(topic, [{ step: 'y', merchant }]);
    await committed(groupId, topic);
    expect(seen).toEqual({ x: 1, y: 1 });
    expect(await effects(merchant)).toEqual(['a', expect.stringMatching(`^${topic}/\\d/3$`)]);
    const text = await metrics.metrics();
    expect(text).toContain(`core_events_handled_total{topic="${topic}",outcome="applied"} 2`);
    expect(text).toContain(`core_events_handled_total{topic="${topic}",outcome="duplicate"} 2`);
    expect(text).toContain(`core_consumer_lag{topic="${topic}"} 0`);
    expect(text).toMatch(new RegExp(`core_consumer_record_age_seconds{topic="${topic}"} [0-9.]+`));
    expect(text).toContain(`core_events_parked{topic="${topic}"} 0`);
    await consumer.close();
  });

  it('sends records that cannot be handled to the dead letters, and continues with the partition', async () => {
    const topic = await newTopic(client, { dlq: true });
    const merchant = randomUUID();
    await publish(topic, ['{"broken', '{"step":"invalid"}', { eventId: 'u', step: 'unknown', merchant }], {
      ce_source: 'elsewhere',
    });
    await publish(topic, [
      { eventId: 'k', step: 'unsupported', merchant },
      { eventId: 'b', step: 'bug', merchant },
      { eventId: 'last', step: 'fine', merchant },
    ]);
    const { consumer, seen, metrics, groupId } = await start(topic);
    await committed(groupId, topic);
    await consumer.close();
    expect(await effects(merchant)).toEqual(['last']);
    expect(seen).toMatchObject({ unknown: 1, unsupported: 1, bug: 5 });

    const { records, until, close } = await collect(client, `${topic}.dlq`);
    await until(5);
    await close();
    const summary = records.map(({ headers }) => [
      headers['dlq_reason'],
      headers['dlq_offset'],
      headers['dlq_attempts'],
    ]);
    expect(summary).toEqual([
      ['malformed', '0', '1'],
      ['unforeseen', '1', '5'], // no merchant: the database refuses it
      ['unknown_customer', '2', '1'],
      ['unsupported_kind', '3', '1'],
      ['unforeseen', '4', '5'],
    ]);
    expect(records[0]).toMatchObject({ key: Buffer.from(ONE_PARTITION), value: null });
    expect(records[0]!.headers).toMatchObject({
      ce_source: 'elsewhere',
      dlq_source_topic: topic,
      dlq_body_bytes: '8',
    });
    expect(String(records[2]!.value)).toBe(JSON.stringify({ eventId: 'u', step: 'unknown', merchant }));
    expect(await metrics.metrics()).toContain(
      `core_events_dead_lettered_total{topic="${topic}",reason="malformed"} 1`,
    );
  });

  it.each(['transient', 'unavailable'])(
    'retries during an outage (%s) for more attempts than after a bug',
    async (step) => {
      const topic = await newTopic(client, { dlq: true });
      const merchant = randomUUID();
      const { consumer, seen, groupId } = await start(topic, { [step]: 7 });
      await publish(topic, [
        { eventId: 't', step, merchant },
        { eventId: 'u', step: 'fine', merchant },
      ]);
      await committed(groupId, topic);
      await consumer.close();
      expect(seen).toEqual({ [step]: 8, fine: 1 });
      expect(await effects(merchant)).toEqual(['t', 'u']);
      expect(await client.endOffsets(`${topic}.dlq`)).toEqual([0n, 0n]);
    },
  );

  it('passes a batch to handleMany in one transaction, each event once', async () => {
    const topic = await newTopic(client, { dlq: true });
    const merchant = randomUUID();
    const calls: string[][] = [];
    const ids = upTo(300).map(String);
    await publish(topic, ['not JSON', ...ids.map((eventId) => ({ eventId, step: 'x', merchant }))]);
    await publish(topic, [
      { eventId: '7', step: 'x', merchant },
      { eventId: 'poison', step: 'bug', merchant },
    ]);
    const metrics = newRegistry();
    const groupId = `spec.${randomUUID()}`;
    const consumer = await runConsumer({
      client,
      groupId,
      pool,
      log: quietLog,
      metrics,
      context: ({ eventId }) => ({ eventId }),
      unknownWait: 900,
      topics: {
        [topic]: {
          decode,
          keeps,
          encode: (event: Event) => JSON.stringify(event),
          customerOf: ({ merchant }: Event) => ({
            merchantId: aMerchantId(merchant),
            customerId: aCustomerId(merchant),
          }),
          async handleMany(tx, deliveries: readonly { ctx: { eventId: string }; event: Event }[]) {
            calls.push(deliveries.map(({ ctx }) => ctx.eventId));
            for (const { ctx, event } of deliveries) await write(tx, event, ctx.eventId);
            if (deliveries.some(({ event }) => event.step === 'bug')) throw failures['bug']!();
            return deliveries.map(() => 'applied');
          },
        },
      },
    });
    await committed(groupId, topic);
    await consumer.close();
    expect(await effects(merchant)).toEqual([...ids].sort());
    expect(Math.max(...calls.map((call) => call.length))).toBeGreaterThan(100);
    expect(calls.filter((call) => call.length === 1 && call[0] === 'poison')).toHaveLength(5);
    const text = await metrics.metrics();
    expect(text).toContain(`core_events_handled_total{topic="${topic}",outcome="applied"} 300`);
    expect(text).toContain(`core_events_handled_total{topic="${topic}",outcome="duplicate"} 1`);
    expect(await client.endOffsets(`${topic}.dlq`)).toEqual(expect.arrayContaining([2n]));
  });

  it('gives up a record whose transient failure persists while the database works', async () => {
    const topic = await newTopic(client, { dlq: true });
    const merchant = randomUUID();
    await publish(topic, [
      { eventId: 'first', step: 'fine', merchant },
      { eventId: 't', step: 'unavailable', merchant },
      { eventId: 'last', step: 'fine', merchant },
    ]);
    const { consumer, groupId } = await start(topic, {}, { exhaustedAfterMs: 1_000 });
    await committed(groupId, topic);
    await consumer.close();
    expect(await effects(merchant)).toEqual(['first', 'last']);
    const [letter, ...others] = await lettersOf(topic);
    expect(others).toEqual([]);
    expect(letter!.headers).toMatchObject({ dlq_reason: 'transient_exhausted', dlq_offset: '1' });
    expect(Number(letter!.headers['dlq_attempts'])).toBeGreaterThan(2);
    const { rowCount } = await database.owner.query("select from inbox_events where event_id = 'probe'");
    expect(rowCount).toBe(0);
  });

  it('gives up nothing while the database is unavailable, however long', async () => {
    const topic = await newTopic(client, { dlq: true });
    const merchant = randomUUID();
    await publish(topic, [{ eventId: 'a', step: 'fine', merchant }]);
    let attempts = 0;
    let down = true;
    const connect = async () => {
      if (!down) return pool.connect();
      attempts++;
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    };
    const failing = { connect, query: pool.query.bind(pool) } as unknown as Pool;
    const { consumer, groupId } = await start(topic, {}, { pool: failing, exhaustedAfterMs: 0 });
    await waitUntil(() => attempts > 12, { what: 'several attempts' });
    down = false;
    await committed(groupId, topic);
    await consumer.close();
    expect(await effects(merchant)).toEqual(['a']);
    expect(await lettersOf(topic)).toEqual([]);
  });

  it('isolates poisoned records of every kind, and their dead letters fit into their topic', async () => {
    const topic = `spec.${randomUUID()}`;
    await client.ensureTopics([
      { name: topic, partitions: 1, config: { 'max.message.bytes': '20000000' } },
      { name: `${topic}.dlq`, partitions: 1, config: {} },
    ]);
    const merchant = randomUUID();
    const fine = (eventId: string) => JSON.stringify({ eventId, step: 'fine', merchant });
    const half = (eventId: string) => `{"eventId":"${eventId}",${' '.repeat(500_000)}"step":"invalid"}`;
    const producer = await client.producer();
    const send = (value: string | Buffer | null, key: string | null = 'key', headers = {}) =>
      producer.send([{ topic, key, headers, value }]);
    await send(fine('a'));
    await send('{"broken');
    await send(null);
    await send(Buffer.from([0x22, 0xff, 0x22]));
    await send(`"${'x'.repeat(10_000_000)}"`);
    await send(fine('no-key'), null);
    await send(`{"no key": "and broken, ${'x'.repeat(2_000_000)}`, null);
    await send(fine('\0'));
    await send('x', 'k'.repeat(5_000), { large: 'h'.repeat(1_500_000), small: 'h' });
    for (const id of ['1', '2', '3']) await send(half(id));
    await send(fine('z'));
    const { consumer, groupId } = await start(topic);
    await committed(groupId, topic);
    await consumer.close();
    expect(await effects(merchant)).toEqual(['a', 'no-key', 'z']);
    const letters = await lettersOf(topic);
    const summary = letters.map(({ headers, value }) => [
      Number(headers['dlq_offset']),
      headers['dlq_reason'],
      value === null ? Number(headers['dlq_body_bytes'] ?? 0) : 'body',
    ]);
    expect(summary.sort(([a], [b]) => Number(a) - Number(b))).toEqual([
      [1, 'malformed', 8],
      [2, 'malformed', 0],
      [3, 'malformed', 3],
      [4, 'malformed', 10_000_002],
      [6, 'malformed', 2_000_024],
      [7, 'invalid', 'body'], // its event_id contains a NUL
      [8, 'malformed', 1],
      [9, 'unforeseen', 'body'],
      [10, 'unforeseen', 'body'],
      [11, 'unforeseen', 'body'],
    ]);
    const of = (offset: number) => letters.find(({ headers }) => headers['dlq_offset'] === String(offset))!;
    expect(of(6).key).toBeNull();
    expect(of(8)).toMatchObject({ key: Buffer.from('[removed]'), headers: { dlq_headers_left_out: '2' } });
    expect(of(9).value).toHaveLength(Buffer.byteLength(half('1')));
  });

  it('blocks a partition for seconds, not minutes, with a thousand records that the database never accepts', async () => {
    const topic = await newTopic(client, { dlq: true });
    const merchant = randomUUID();
    // One statement for each kind, like in a handler: NUL in a text, an index entry that is too large, a
    // number that is too large, an invalid time.
    const poison = [
      ['select $1::text', '\0'],
      ["insert into inbox_events (consumer, event_id) values ('spec', $1)", incompressible(11_000)],
      ['select $1::int', '9999999999'],
      ['select $1::timestamptz', 'soon'],
      [
        "insert into outbox_events (partition, shard, topic, merchant_id, customer_id, version, changed_fields, origin) values (0, 0, $1, uuidv7(), uuidv7(), 2, '{}', 'spec')",
        'any.topic',
      ],
    ] as const;
    const records = upTo(1_000).map((n) => ({
      eventId: String(n),
      step: String(n % poison.length),
      merchant,
    }));
    await publish(topic, [...records, { eventId: 'last', step: 'fine', merchant }]);
    const groupId = `spec.${randomUUID()}`;
    const begin = performance.now();
    const consumer = await runConsumer({
      client,
      groupId,
      pool,
      log: quietLog,
      metrics: newRegistry(),
      context: ({ eventId }) => ({ eventId }),
      unknownWait: 900,
      topics: {
        [topic]: {
          decode,
          keeps,
          async handle(tx, ctx, event: Event) {
            await write(tx, event, ctx.eventId);
            const [sql, value] = poison[Number(event.step)] ?? [];
            if (sql !== undefined) await tx.query(sql, [value]);
          },
        },
      },
    });
    await committed(groupId, topic);
    const seconds = (performance.now() - begin) / 1_000;
    await consumer.close();
    expect(await effects(merchant)).toEqual(['last']);
    const letters = await lettersOf(topic);
    expect(letters).toHaveLength(1_000);
    const given = letters.map(({ headers }) => `${headers['dlq_reason']} after ${headers['dlq_attempts']}`);
    expect([...new Set(given)]).toEqual(['invalid after 1']);
    // With five attempts for each record it took more than a thousand seconds.
    expect(seconds).toBeLessThan(100);
  });

  it.each([
    ['ce_id', 'x'.repeat(11_000)],
    ['ce_id', 'a\0b'],
    ['ce_source', 'x'.repeat(256)],
    ['ce_source', 'two\nlines'],
  ])(
    'refuses a header %s with an invalid id at once, and lets the handler record it',
    async (name, value) => {
      const topic = await newTopic(client, { dlq: true });
      const merchant = randomUUID();
      const { consumer, groupId } = await start(topic, {}, {}, (tx, ctx, event) =>
        write(tx, event, `noted ${ctx.eventId}`),
      );
      await publish(topic, [{ eventId: 'a', step: 'fine', merchant }], { [name]: value });
      await committed(groupId, topic);
      await consumer.close();
      expect(await effects(merchant)).toEqual([expect.stringMatching(`^noted ${topic}/\\d/0$`)]);
      const letters = await lettersOf(topic);
      expect(letters.map(({ headers }) => [headers['dlq_reason'], headers['dlq_attempts']])).toEqual([
        ['invalid', '1'],
      ]);
    },
  );

  it('does not confuse two ids that are not UTF-8, and refuses both', async () => {
    const topic = await newTopic(client, { dlq: true });
    const merchant = randomUUID();
    const { consumer, groupId } = await start(topic);
    // Both would become the third one if U+FFFD replaced the invalid bytes.
    for (const id of [[0x69, 0xe4], [0x69, 0xf6], [...Buffer.from('i\ufffd')]]) {
      const bytes = Buffer.from(id) as Buffer & string;
      await publish(topic, [{ step: 'fine', merchant }], { ce_id: bytes });
    }
    await committed(groupId, topic);
    await consumer.close();
    expect(await effects(merchant)).toEqual(['i\ufffd']);
    const letters = await lettersOf(topic);
    expect(
      letters.map(({ headers }) => [headers['dlq_offset'], headers['dlq_reason'], headers['dlq_field']]),
    ).toEqual([
      ['0', 'invalid', 'ce_id'],
      ['1', 'invalid', 'ce_id'],
    ]);
  });

  it('lets the handler record an event before its dead letter is sent', async () => {
    const topic = await newTopic(client, { dlq: true });
    const merchant = randomUUID();
    const lettersThen: bigint[][] = [];
    const { consumer, groupId } = await start(topic, {}, {}, async (tx, ctx, event) => {
      lettersThen.push(await client.endOffsets(`${topic}.dlq`));
      await write(tx, event, `noted ${ctx.eventId}`);
    });
    await publish(topic, [
      { eventId: 'a', step: 'fine', merchant },
      { eventId: 'b', step: 'bug', merchant },
      { eventId: 'i', step: 'invalid', merchant },
      'malformed',
    ]);
    await committed(groupId, topic);
    await consumer.close();
    expect(await effects(merchant)).toEqual(['a', 'noted b', 'noted i']);
    expect(lettersThen).toEqual([
      [0n, 0n],
      [0n, 0n],
    ]);
    expect(await lettersOf(topic)).toHaveLength(3);
  });

  it('sends the dead letter of an event that cannot be recorded, and waits while the database is unavailable', async () => {
    const topic = await newTopic(client, { dlq: true });
    const merchant = randomUUID();
    let outages = 2;
    const { consumer, groupId } = await start(topic, {}, {}, async (tx, ctx, event) => {
      if (event.step === 'bug') throw failures['bug']!();
      if (outages-- > 0) throw failures['unavailable']!();
      await write(tx, event, `noted ${ctx.eventId}`);
    });
    await publish(topic, [
      { eventId: 'b', step: 'bug', merchant },
      { eventId: 'i', step: 'invalid', merchant },
      { eventId: 'z', step: 'fine', merchant },
    ]);
    await committed(groupId, topic);
    await consumer.close();
    expect(await effects(merchant)).toEqual(['noted i', 'z']);
    const ids = (await lettersOf(topic)).map(({ value }) => (JSON.parse(String(value)) as Event).eventId);
    expect([...new Set(ids)].sort()).toEqual(['b', 'i']);
  });

  it('has the reason invalid for an event that the handler refuses as invalid', async () => {
    const topic = await newTopic(client, { dlq: true });
    const { consumer, groupId } = await start(topic);
    await publish(topic, [{ eventId: 'i', step: 'invalid', merchant: randomUUID() }]);
    await committed(groupId, topic);
    await consumer.close();
    const { records, until, close } = await collect(client, `${topic}.dlq`);
    await until(1);
    expect(records[0]!.headers['dlq_reason']).toBe('invalid');
    await close();
  });

  it('commits no offset before the transaction: a consumer that stops in a handler does not commit the record', async () => {
    const topic = await newTopic(client, { dlq: true });
    const merchant = randomUUID();
    const { consumer, seen, groupId } = await start(topic);
    await publish(topic, [{ eventId: 't', step: 'transient', merchant }]);
    await waitUntil(() => (seen['transient'] ?? 0) > 0, { what: 'an attempt' });
    await consumer.close();
    expect(await client.lag(groupId, topic)).toBe(1n);
    expect(await effects(merchant)).toEqual([]);
  });

  it('puts no name of a person and no unknown field into a dead letter', async () => {
    const topic = await newTopic(client, { dlq: true });
    const { consumer, groupId } = await start(topic);
    const email = 'grace@example.com';
    const request = { eventId: 'p', step: 'unsupported', merchant: randomUUID() };
    const body = { ...request, email, first_name: 'grace', more: [{ contact: { at: email } }] };
    const producer = await client.producer();
    await producer.send(
      [JSON.stringify(body), `{"email":"${email}"`, `["grace"]`].map((value) => ({
        topic,
        key: 'gid://shopify/Customer/7/grace',
        headers: { subject: email, 'x-of-grace': 'Grace', ce_id: 'of grace' },
        value,
      })),
    );
    await committed(groupId, topic);
    await consumer.close();
    const { records, until, close } = await collect(client, `${topic}.dlq`);
    await until(3);
    await close();
    const texts = records.map(({ key, headers, value }) => [String(key), headers, String(value)]);
    expect(JSON.stringify(texts)).not.toMatch(/grace/i);
    expect(records[0]!.headers).toMatchObject({ ce_id: '[removed]', dlq_headers_left_out: '2' });
    expect(JSON.parse(String(records[0]!.value))).toEqual({
      ...request,
      email: '[removed]',
      '[removed]': 'fields that the schema does not know',
    });
    expect(records[0]!.key).toEqual(Buffer.from('[removed]'));
    expect(records.slice(1).map(({ value, headers }) => [value, headers['dlq_body_bytes']])).toEqual([
      [null, '28'],
      [null, '9'],
    ]);
  });
});
