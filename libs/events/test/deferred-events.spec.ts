import { randomUUID } from 'node:crypto';
import type { CustomerId, MerchantId } from '@core/contracts';
import {
  inTransaction,
  deferEvents,
  claimEvents,
  countDeferred,
  type EventClaim,
  type DeferredEvent,
  type Tx,
} from '@core/db';
import { invalid } from '@core/runtime';
import { aCustomerId, aMerchantId } from '@core/testing';
import { applyBatch } from '../src/consumer/apply-batch.ts';
import { handleDeferred } from '../src/consumer/deferred-events.ts';
import { createConsumerMetrics } from '../src/consumer/metrics.ts';
import type { EventProducer, EventRecord, TopicHandler } from '../src/index.ts';
import { newRegistry, openDatabase, quietLog, upTo } from './support.ts';

type Event = { eventId: string; merchantId: MerchantId; customerId: CustomerId; poison?: boolean };

const topic = 'spec.topic';
let database: Awaited<ReturnType<typeof openDatabase>>;
beforeAll(async () => (database = await openDatabase()));
afterAll(() => database.close());

const handled = async (merchantId: MerchantId): Promise<string[]> =>
  (
    await database.owner.query<{ request_id: string }>(
      'select request_id from privacy_requests where merchant_id = $1 order by request_id',
      [merchantId],
    )
  ).rows.map((row) => row.request_id);
const handler: TopicHandler<{ eventId: string }, Event> = {
  decode: (body) => JSON.parse(Buffer.from(body ?? []).toString()) as Event,
  encode: ({ eventId, merchantId, customerId, poison }) =>
    JSON.stringify({ eventId, merchantId, customerId, poison }),
  keeps: { eventId: 'text', merchantId: 'text', customerId: 'uuid', poison: 'text' },
  customerOf: ({ merchantId, customerId }) => ({ merchantId, customerId }),
  async handleMany(tx: Tx, deliveries) {
    for (const { ctx, event } of deliveries) {
      if (event.poison) throw invalid('poison', 'is not wanted');
      await tx.query(
        `insert into privacy_requests (merchant_id, request_id, kind, receipt) values ($1, $2, 'spec', '{}')`,
        [event.merchantId, ctx.eventId],
      );
    }
    return deliveries.map(() => 'applied');
  },
};

const claimOf = (eventId: string): EventClaim => ({
  key: `key of ${eventId}`,
  digest: Buffer.from(eventId),
  bareId: eventId,
});

/** Creates a separate consumer; `defer` stores events of one merchant for `wait` seconds. */
async function newConsumer(send: EventProducer['send'] = async () => undefined) {
  const groupId = `spec.${randomUUID()}`;
  const merchantId = aMerchantId();
  const sent: EventRecord[] = [];
  const metrics = newRegistry();
  const deps = {
    pool: database.pool,
    groupId,
    context: ({ eventId }: { eventId: string }) => ({ eventId }),
    unknownWait: 900,
    producer: {
      send: async (records: readonly EventRecord[]) => {
        await send(records);
        sent.push(...records);
      },
    },
    log: quietLog,
    metrics: createConsumerMetrics(metrics, { lag: async () => 0n, parked: async () => new Map() }, [topic]),
    topics: { [topic]: handler as TopicHandler<{ eventId: string }> },
  };
  const defer = (events: Partial<Event>[], wait = 900) =>
    inTransaction(database.pool, async (tx) => {
      const ids: string[] = [];
      const parked = events.map((event, i): DeferredEvent => {
        const { eventId = randomUUID(), customerId = aCustomerId(), poison } = event;
        ids.push(eventId);
        const body = JSON.stringify({ eventId, merchantId, customerId, poison });
        const position = { topic, partition: 3, offset: BigInt(i) };
        return {
          claimedAs: `key of ${eventId}`,
          ...position,
          headers: { ce_source: 'spec' },
          body,
          merchantId,
          customerId,
        };
      });
      await claimEvents(tx, groupId, ids.map(claimOf));
      await deferEvents(tx, groupId, parked, wait);
      return ids;
    });
  const newCustomer = async (id = aCustomerId()) => {
    await database.owner.query('insert into customers (merchant_id, id) values ($1, $2)', [merchantId, id]);
    return id;
  };
  const waiting = async () => (await countDeferred(database.pool, groupId)).get(topic) ?? 0;
  const claimed = async () =>
    (await database.owner.query('select from inbox_events where consumer = $1', [groupId])).rowCount;
  const round = () => handleDeferred(deps, new AbortController().signal);
  /** Handles a record of an unknown customer like a consumer. */
  const receive = (event: Event, body: object) => {
    const value = Buffer.from(JSON.stringify(body));
    const headers = { ce_id: event.eventId, 'x-customer': 'Ada Lovelace' };
    const record = { topic, partition: 0, offset: 0n, key: null, headers, value };
    const unknown = { ...handler, handleMany: async () => ['unknown'] } as TopicHandler<{ eventId: string }>;
    return applyBatch(
      deps,
      unknown,
      [{ record, event, eventId: event.eventId, claim: claimOf(event.eventId) }],
      new AbortController().signal,
    );
  };
  return { merchantId, sent, metrics, defer, receive, newCustomer, waiting, claimed, round };
}

it('applies an event once its customer exists, and keeps the others deferred', async () => {
  const { merchantId, defer, newCustomer, waiting, round, sent, metrics } = await newConsumer();
  const customerId = aCustomerId();
  const [first] = await defer([{ customerId }, {}]);
  await round();
  expect(await handled(merchantId)).toEqual([]);
  await newCustomer(customerId);
  await round();
  await round();
  expect(await handled(merchantId)).toEqual([first]);
  expect(await waiting()).toBe(1);
  expect(sent).toEqual([]);
  expect(await metrics.metrics()).toContain(
    `core_events_handled_total{topic="${topic}",outcome="applied"} 1`,
  );
});

it('handles each event in only one of several concurrent workers', async () => {
  const { merchantId, defer, newCustomer, waiting, round } = await newConsumer();
  const customerId = await newCustomer();
  const ids = await defer(upTo(700).map(() => ({ customerId })));
  await Promise.all(upTo(5).map(round));
  await round();
  expect(await handled(merchantId)).toEqual([...ids].sort());
  expect(await waiting()).toBe(0);
});

it('sends an event that has waited too long to the dead letters, and accepts it again later', async () => {
  const { merchantId, defer, waiting, claimed, round, sent } = await newConsumer();
  const customerId = aCustomerId();
  const [eventId] = await defer([{ customerId }], 0);
  expect(await claimed()).toBe(1);
  await round();
  expect(await waiting()).toBe(0);
  expect(await claimed()).toBe(0);
  expect(await handled(merchantId)).toEqual([]);
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({
    topic: `${topic}.dlq`,
    key: Buffer.from(customerId),
    headers: {
      ce_source: 'spec',
      dlq_reason: 'unknown_customer',
      dlq_source_topic: topic,
      dlq_partition: '3',
      dlq_offset: '0',
      dlq_attempts: '1',
    },
  });
  expect(JSON.parse(String(sent[0]!.value))).toMatchObject({ eventId, customerId });
});

it('applies an event that expired while no worker ran, if its customer exists', async () => {
  const { merchantId, defer, newCustomer, round, sent } = await newConsumer();
  const ids = await defer([{ customerId: await newCustomer() }], 0);
  await round();
  expect(await handled(merchantId)).toEqual(ids);
  expect(sent).toEqual([]);
});

it('loses nothing while Kafka accepts no dead letter', async () => {
  let down = true;
  const { defer, waiting, claimed, round, sent } = await newConsumer(async () => {
    if (down) throw new Error('no broker');
  });
  await defer([{}, {}], 0);
  await expect(round()).rejects.toThrow('no broker');
  expect([await waiting(), await claimed()]).toEqual([2, 2]);
  down = false;
  await round();
  expect(sent).toHaveLength(2);
  expect(await waiting()).toBe(0);
});

it('gives up only the poisoned event', async () => {
  const { merchantId, defer, newCustomer, waiting, round, sent } = await newConsumer();
  const customerId = await newCustomer();
  const [good, , alsoGood] = await defer([{ customerId }, { customerId, poison: true }, { customerId }]);
  await round();
  expect(await handled(merchantId)).toEqual([good, alsoGood].sort());
  expect(sent.map(({ headers }) => [headers['dlq_reason'], headers['dlq_attempts']])).toEqual([
    ['invalid', '2'],
  ]);
  expect(await waiting()).toBe(0);
});

it('stores only the kept fields of a deferred event, and applies it nevertheless', async () => {
  const { merchantId, receive, newCustomer, round } = await newConsumer();
  const event = { eventId: randomUUID(), merchantId, customerId: aCustomerId() };
  const body = { ...event, first_name: 'Ada', phone: '555-0100' };
  expect(await receive(event, body)).toEqual(['parked']);
  const { rows } = await database.owner.query('select body, headers from parked_events where event_id = $1', [
    claimOf(event.eventId).key,
  ]);
  expect(rows).toEqual([{ body: event, headers: { ce_id: event.eventId, dlq_headers_left_out: '1' } }]);
  await newCustomer(event.customerId);
  await round();
  expect(await handled(merchantId)).toEqual([event.eventId]);
});
