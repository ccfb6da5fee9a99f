// tag: compliance
import { randomUUID } from 'node:crypto';
import { deadLetterTopic, Topic, type MerchantId } from '@core/contracts';
import { inTransaction } from '@core/db';
import { connectShop, recordShopRedaction } from '@core/domain';
import { runConsumer, type EventConsumer, type KafkaClient } from '@core/events';
import { createLogger, Registry } from '@core/runtime';
import { shopIdOf } from '@core/shopify-stand-in';
import { aMerchantId, waitUntil } from '@core/testing';
import { TOPICS } from '../src/topics.ts';
import { connect, openDatabase } from './support.ts';
import { startWorkerProcess } from './worker-process.ts';

const groupId = `spec.${randomUUID()}`;
const gdpr = `spec.gdpr.${randomUUID()}`;

let database: Awaited<ReturnType<typeof openDatabase>>;
let client: KafkaClient;
let consumer: EventConsumer;
const running: { kill: () => Promise<unknown> }[] = [];

beforeAll(async () => {
  database = await openDatabase();
  client = connect();
  await client.ensureTopics(
    [gdpr, deadLetterTopic(gdpr)].map((name) => ({ name, partitions: 1, config: {} })),
  );
  consumer = await runConsumer({
    client,
    groupId,
    topics: { [gdpr]: TOPICS[Topic.gdprRequestCreated]! },
    context: ({ eventId }) => ({ ...database.ctx, caller: 'worker', requestId: eventId }),
    unknownWait: 0,
    pool: database.pool,
    log: createLogger('spec', 'silent'),
    metrics: new Registry(),
  });
});
afterAll(async () => {
  await Promise.all(running.map((one) => one.kill()));
  await consumer?.close();
  await client?.close();
  await database?.close();
});

/** Sends requests and waits until the consumer has processed them. */
async function deliver(...bodies: object[]): Promise<void> {
  const producer = await client.producer();
  await producer.send(
    bodies.map((body) => ({ topic: gdpr, key: 'key', headers: {}, value: JSON.stringify(body) })),
  );
  await waitUntil(async () => (await client.lag(groupId, gdpr)) === 0n, { what: 'the consumer to be done' });
}

const request = (merchantId: string, more: object) => ({
  event_id: randomUUID(),
  request_id: randomUUID(),
  merchant_id: merchantId,
  ...more,
});

interface Request {
  kind: string;
  customer_id: string | null;
  receipt: { places?: { place: string; found: number; removed: string[]; remark: string }[] };
  received_at: Date;
  due_at: Date;
  completed_at: Date | null;
  not_before: Date | null;
}
const requestsOf = async (merchantId: MerchantId): Promise<Request[]> =>
  (await database.owner.query<Request>('select * from privacy_requests where merchant_id = $1', [merchantId]))
    .rows;

/** Starts a worker without Kafka: shop redactions do not need it. */
async function startWorker(env: Record<string, string> = {}) {
  const worker = await startWorkerProcess(database, env);
  running.push(worker);
  return { ...worker, metrics: async () => (await worker.get('/metrics')).text() };
}

it('erases a customer on a Kafka record, and keeps a receipt of each place', async () => {
  const merchantId = aMerchantId();
  const id = await database.newCustomer(merchantId, 'ada@example.com');
  const event = request(merchantId, { customer_id: id });
  await deliver(event, { ...event, event_id: randomUUID() });
  const [done, ...more] = await requestsOf(merchantId);
  expect(more).toEqual([]);
  expect(done).toMatchObject({ kind: 'redact', customer_id: id, completed_at: expect.any(Date) });
  const places = done!.receipt.places!;
  expect(places).toContainEqual({
    place: 'customers',
    found: 1,
    removed: expect.arrayContaining(['email', 'email_hash', 'external_id', 'metadata', 'rfm_score']),
    remark: '',
  });
  expect(places.map(({ place }) => place)).toEqual(
    expect.arrayContaining([
      'customer_import_errors',
      'customer_import_ids',
      'webhook_events',
      'parked_events',
    ]),
  );
  expect(JSON.stringify(done!.receipt)).not.toContain('ada@');
});

it.each(['7100123', ' 7100123', 'gid://shopify/Customer/7100123?key=x'])(
  'erases the customer of gid://shopify/Customer/7100123 by the external id %j',
  async (externalId) => {
    const merchantId = aMerchantId();
    const id = await database.newCustomer(merchantId, 'ada@example.com');
    await database.owner.query('update customers set external_id = $2 where id = $1', [
      id,
      'gid://shopify/Customer/7100123',
    ]);
    await deliver(request(merchantId, { external_id: externalId }));
    const [done] = await requestsOf(merchantId);
    expect(done).toMatchObject({ customer_id: id, completed_at: expect.any(Date) });
    expect(done!.receipt.places).toContainEqual(expect.objectContaining({ place: 'customers', found: 1 }));
    expect((await database.customer(id)).erased_at).not.toBeNull();
  },
);

it('records a data_request once, with the person and the due date', async () => {
  const merchantId = aMerchantId();
  const id = await database.newCustomer(merchantId, 'ada@example.com');
  const event = request(merchantId, { kind: 'data_request', email: 'Ada@example.com' });
  await deliver(event, { ...event, event_id: randomUUID() });
  const [waiting, ...more] = await requestsOf(merchantId);
  expect(more).toEqual([]);
  expect(waiting).toMatchObject({ kind: 'data_request', customer_id: id, completed_at: null });
  expect(waiting!.due_at.getTime() - waiting!.received_at.getTime()).toBe(30 * 86_400_000);
});

it('redacts a shop completely although the worker is killed in between', async () => {
  const merchantId = aMerchantId();
  await database.newCustomer(merchantId, 'ada@example.com');
  await database.owner.query(
    `insert into customers (merchant_id, external_id) select $1, 'x' || n from generate_series(1, 1200) as n`,
    [merchantId],
  );
  await deliver(request(merchantId, { kind: 'shop_redact' }));
  const left = async () =>
    Number(
      (
        await database.owner.query<{ n: string }>(
          'select count(*) as n from customers where merchant_id = $1 and erased_at is null',
          [merchantId],
        )
      ).rows[0]!.n,
    );
  expect(await requestsOf(merchantId)).toMatchObject([{ kind: 'shop_redact', completed_at: null }]);

  // Another session locks one of the last customers: the worker waits there.
  const holder = await database.owner.connect();
  try {
    await holder.query('begin');
    await holder.query(`select from customers where merchant_id = $1 order by id desc limit 1 for update`, [
      merchantId,
    ]);
    const first = await startWorker();
    await waitUntil(
      async () =>
        (await left()) === 201 &&
        (await database.owner.query('select from pg_locks where not granted')).rowCount! > 0,
      { what: 'the worker to wait within a batch' },
    );
    await first.kill();
  } finally {
    await holder.query('rollback');
    holder.release();
  }
  expect(await left()).toBe(201);

  const second = await startWorker();
  await waitUntil(async () => (await requestsOf(merchantId))[0]!.completed_at !== null, {
    what: 'the shop to be redacted',
  });
  await waitUntil(
    async () => (await second.metrics()).includes('core_privacy_shops_redacted_total{app="worker"} 1'),
    {
      what: 'the metric',
    },
  );
  expect(await second.stop()).toBe(0);
  expect(await left()).toBe(0);
  const [done] = await requestsOf(merchantId);
  expect(done!.receipt.places).toContainEqual(expect.objectContaining({ place: 'customers', found: 1_201 }));
  const { rows } = await database.owner.query('select * from merchant_keys where merchant_id = $1', [
    merchantId,
  ]);
  expect(rows).toMatchObject([{ data_key: null, index_key: null, destroyed_at: expect.any(Date) }]);
  const { rows: events } = await database.owner.query(
    `select customer_id from outbox_events where merchant_id = $1 and origin = 'privacy'`,
    [merchantId],
  );
  expect(new Set(events.map((event: { customer_id: string }) => event.customer_id)).size).toBe(1_201);
  expect(events).toHaveLength(1_201);
});

it('warns of requests near their due date, only with ids, and counts them', async () => {
  const merchantId = aMerchantId();
  const add = (requestId: string, daysOld: number, done = false) =>
    database.stack.given.aRequest(merchantId, { requestId, kind: 'data_request', daysOld, done });
  await add('fresh', 3);
  await add('near', 21);
  await add('late', 31);
  await add('answered', 40, true);
  // An unreadable request is pending, too.
  await deliver({ customer_id: randomUUID(), kind: 'redact' });
  const worker = await startWorker();
  await waitUntil(
    () => ['near', 'late'].every((id) => worker.output().includes(`"privacy_request_id":"${id}"`)),
    {
      what: 'the warnings',
    },
  );
  expect(worker.output()).not.toContain('"privacy_request_id":"fresh"');
  expect(worker.output()).not.toContain('"privacy_request_id":"answered"');
  expect(worker.output()).toContain(merchantId);
  const metrics = await waitUntil(
    async () => {
      const text = await worker.metrics();
      return text.includes('core_privacy_requests_overdue') && text;
    },
    { what: 'the metrics' },
  );
  expect(metrics).toMatch(/core_privacy_requests_overdue\{days="20",app="worker"\} 2/);
  expect(metrics).toMatch(/core_privacy_requests_overdue\{days="30",app="worker"\} 1/);
  expect(metrics).toMatch(/core_privacy_requests_pending\{kind="data_request",app="worker"\} \d/);
  expect(metrics).toMatch(/core_privacy_requests_pending\{kind="unknown",app="worker"\} 1/);
  const oldest = Number(/core_privacy_request_oldest_seconds\{app="worker"\} (\S+)/.exec(metrics)?.[1]);
  expect(oldest / 86_400).toBeGreaterThanOrEqual(31);
  expect(oldest / 86_400).toBeLessThan(32);
  expect(await worker.stop()).toBe(0);
});

describe('a shop_redact', () => {
  // The hourly limit counts requests of the whole database: earlier tests have created some.
  beforeEach(() => database.owner.query(`delete from privacy_requests where kind = 'shop_redact'`));
  const figure = async (worker: Awaited<ReturnType<typeof startWorker>>, line: RegExp) =>
    waitUntil(async () => line.exec(await worker.metrics()), { what: `the metric ${line}` });

  it('waits in production until its start time, with a log line', async () => {
    const merchantId = aMerchantId();
    await database.newCustomer(merchantId, 'ada@example.com');
    await deliver(request(merchantId, { kind: 'shop_redact' }));
    const worker = await startWorker({ CORE_SHOP_REDACT_WAIT: '86400' });
    await waitUntil(() => worker.output().includes('the redaction of a shop is pending'), {
      what: 'the log',
    });
    const [waiting] = await requestsOf(merchantId);
    expect(worker.output()).toContain(`"not_before":"${waiting!.not_before!.toISOString()}"`);
    expect(waiting!.not_before!.getTime() - waiting!.received_at.getTime()).toBe(86_400_000);
    await figure(worker, /core_privacy_shop_redactions_pending\{state="waiting",app="worker"\} 1/);
    const [, at] = (await figure(
      worker,
      /core_privacy_shop_redaction_next_timestamp_seconds\{app="worker"\} (\d\S+)/,
    ))!;
    expect(Number(at)).toBe(Math.ceil(waiting!.not_before!.getTime() / 1_000));
    expect(waiting!.completed_at).toBeNull();

    await database.owner.query('update privacy_requests set not_before = now() where merchant_id = $1', [
      merchantId,
    ]);
    await waitUntil(async () => (await requestsOf(merchantId))[0]!.completed_at !== null, {
      what: 'the shop to be redacted',
    });
    expect(await worker.stop()).toBe(0);
  });

  it('of a shop that is connected by then is logged as superseded or postponed, not as a redaction', async () => {
    const { owner, ctx } = database;
    const hourMs = 3_600_000;
    /** Records the request of a shop that was connected some hours ago. */
    const requested = async (connectedHoursAgo: number) => {
      const [merchantId, shop] = [aMerchantId(), `s-${randomUUID()}.myshopify.com`];
      const at = new Date();
      const [connection, redaction] = [
        { merchantId, shop, shopId: String(shopIdOf(shop)), accessToken: 'spec-token' },
        { merchantId, shop, requestId: randomUUID(), isExact: false, at },
      ];
      const provenAt = new Date(at.getTime() - connectedHoursAgo * hourMs);
      await inTransaction(owner, (tx) => recordShopRedaction(tx, ctx, redaction));
      await inTransaction(owner, (tx) => connectShop(tx, ctx, { ...connection, provenAt }));
      return redaction.requestId;
    };
    const [superseded, postponed] = [await requested(1), await requested(72)];
    const worker = await startWorker();
    const linesOf = (requestId: string) =>
      worker
        .output()
        .split('\n')
        .filter((line) => line.includes(`"privacy_request_id":"${requestId}"`));
    const isLogged = (requestId: string, words: string) =>
      waitUntil(() => linesOf(requestId).some((line) => line.includes(words)), { what: `"${words}"` });
    await isLogged(superseded, 'was cancelled as superseded');
    await isLogged(postponed, 'is postponed by an hour');
    expect(worker.output()).not.toContain('a shop was redacted');
    expect(await worker.metrics()).toContain('core_privacy_shops_redacted_total{app="worker"} 0');
    expect(await worker.stop()).toBe(0);
  });

  it('is held when too many arrive within an hour; an erasure of a person is not', async () => {
    const merchants = Array.from({ length: 4 }, () => aMerchantId());
    const person = await database.newCustomer(merchants[0]!, 'ada@example.com');
    await deliver(...merchants.map((merchantId) => request(merchantId, { kind: 'shop_redact' })));
    const worker = await startWorker();
    await figure(worker, /core_privacy_shop_redactions_pending\{state="held",app="worker"\} 4/);
    // The log line comes from another read than the metrics, and may appear later.
    await waitUntil(() => worker.output().includes('is held, because more than 3 arrived within an hour'), {
      what: 'the log line',
    });
    await deliver(request(merchants[0]!, { customer_id: person }));
    expect((await database.customer(person)).erased_at).not.toBeNull();
    const requests = (await Promise.all(merchants.map(requestsOf))).flat();
    expect(requests.filter(({ kind }) => kind === 'shop_redact')).toHaveLength(4);
    for (const { kind, completed_at } of requests) {
      expect(completed_at === null).toBe(kind === 'shop_redact');
    }
    expect(await worker.stop()).toBe(0);
  });

  it.each([
    ['CORE_SHOP_REDACT_WAIT', String(30 * 86_400)],
    ['CORE_SHOP_REDACT_WAIT', '-1'],
    ['CORE_SHOP_REDACT_MOST', 'many'],
  ])('prevents the start of a worker with %s=%s', async (name, value) => {
    const worker = await startWorker({ [name]: value });
    expect(await worker.exited).toBe(1);
    expect(worker.output()).toContain(name);
  });
});
