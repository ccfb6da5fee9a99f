import { randomBytes, randomUUID } from 'node:crypto';
import { Consistency, CoreService, Topic, TRACEPARENT } from '@core/contracts';
import type { ConsumedRecord } from '@core/events';
import { waitUntil } from '@core/testing';
import { newMerchant, readTopic, rows, type E2e } from './support.ts';

/** The worker's consumer group. */
const GROUP = 'core-worker';

interface Changed {
  merchant_id: string;
  customer_id: string;
  version: number;
  origin: string;
}

/** Returns the traceparent of a new trace, as the service that starts the trace would send it. */
const newTraceparent = () => `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
const traceOf = (traceparent: string | undefined) => traceparent?.split('-')[1];

/**
 * Simulates RFM Analytics. It receives earned points and changed customers, and answers both by publishing
 * the customer's score, which depends on the points only.
 */
async function startRfmAnalytics({ kafka }: E2e, merchantId: string) {
  const points = new Map<string, number>();
  const answered: string[] = [];
  let sequence = 0;
  const producer = await kafka.producer();
  const sayScore = async (customerId: string, traceparent: string | undefined): Promise<void> => {
    const digit = Math.min(5, 1 + Math.floor((points.get(customerId) ?? 0) / 100));
    sequence++;
    await producer.send([
      {
        topic: Topic.rfmUpdated,
        key: customerId,
        headers: traceparent === undefined ? {} : { [TRACEPARENT]: traceparent },
        value: JSON.stringify({
          event_id: randomUUID(),
          merchant_id: merchantId,
          customer_id: customerId,
          rfm_score: {
            recency: digit,
            frequency: digit,
            monetary: digit,
            as_of: new Date().toISOString(),
            sequence,
          },
          occurred_at: new Date().toISOString(),
        }),
      },
    ]);
  };
  const consumer = await kafka.consume({
    groupId: `rfm-analytics.${randomUUID()}`,
    topics: [Topic.customerUpdated],
    onBatch: async (records) => {
      for (const { value, headers } of records) {
        const changed = JSON.parse(String(value)) as Changed;
        if (changed.merchant_id !== merchantId) continue;
        await sayScore(changed.customer_id, headers[TRACEPARENT]);
        answered.push(`${changed.customer_id} version ${changed.version}`);
      }
    },
  });
  return {
    answered,
    sequence: () => BigInt(sequence),
    pointsEarned: async (customerId: string, count: number, traceparent: string): Promise<void> => {
      points.set(customerId, (points.get(customerId) ?? 0) + count);
      await sayScore(customerId, traceparent);
    },
    close: () => consumer.close(),
  };
}

const updatesOf = async (e2e: E2e, customerId: string) =>
  (await readTopic(e2e, Topic.customerUpdated))
    .filter(({ key }) => String(key) === customerId)
    .map((record: ConsumedRecord) => ({
      headers: record.headers,
      body: JSON.parse(String(record.value)) as Changed,
    }));

/** points.earned -> rfm.updated -> score -> customer.updated -> RFM Analytics -> rfm.updated -> end. */
export const saga = (e2e: () => E2e) => {
  it('turns points into a score and its event in one trace, and then stops', async () => {
    const { rpc, kafka, stack } = e2e();
    const merchantId = newMerchant();
    const { customerId } = await rpc.unary(CoreService.method.createCustomer, {
      merchantId,
      email: 'ada@example.com',
    });
    const analytics = await startRfmAnalytics(e2e(), merchantId);
    const scored = () =>
      rpc.unary(CoreService.method.getCustomerRFM, {
        merchantId,
        customerId,
        consistency: Consistency.STRONG,
      });
    /** Waits until no event is in flight in either direction. */
    const atRest = (version: number) =>
      waitUntil(
        async () =>
          analytics.answered.includes(`${customerId} version ${version}`) &&
          (await kafka.lag(GROUP, Topic.rfmUpdated)) === 0n &&
          (await rows(stack.env.DEV_DB_URL, 'select from outbox_events limit 1')).length === 0,
        { what: 'the saga to finish', limitMs: 300_000 },
      );

    const traces: string[] = [];
    for (const [round, score] of [
      [1, '222'],
      [2, '333'],
    ] as const) {
      const traceparent = newTraceparent();
      traces.push(traceparent);
      await analytics.pointsEarned(customerId, 100, traceparent);
      await waitUntil(async () => (await scored()).rfmScore?.score === score, {
        what: `the score of round ${round}`,
        limitMs: 300_000,
      });
      await atRest(round + 1);
      // The answer to customer.updated was stored as the newest sequence, and did not change the score.
      expect((await scored()).rfmScore).toMatchObject({ score, sequence: analytics.sequence() });
    }
    await analytics.close();

    const updates = await updatesOf(e2e(), customerId);
    expect(updates.map(({ body }) => [body.version, body.origin])).toEqual([
      [2, 'rfm'],
      [3, 'rfm'],
    ]);
    expect(updates.map(({ headers }) => traceOf(headers[TRACEPARENT]))).toEqual(traces.map(traceOf));
    expect(analytics.answered).toEqual([`${customerId} version 2`, `${customerId} version 3`]);
  });

  it('propagates the trace of a call to the event of its change', async () => {
    const { rpc } = e2e();
    const merchantId = newMerchant();
    const created = newTraceparent();
    const { customerId } = await rpc.unary(
      CoreService.method.createCustomer,
      { merchantId, email: 'ada@example.com' },
      { metadata: { [TRACEPARENT]: created } },
    );
    const updated = newTraceparent();
    await rpc.unary(
      CoreService.method.updateCustomer,
      { merchantId, customerId, metadata: { tier: 'gold' } },
      { metadata: { [TRACEPARENT]: updated } },
    );
    const traceIn = (topic: string) =>
      waitUntil(
        async () => {
          const record = (await readTopic(e2e(), topic)).find(({ key }) => String(key) === customerId);
          return record && { trace: traceOf(record.headers[TRACEPARENT]) };
        },
        { what: `the event in ${topic}`, limitMs: 300_000 },
      );
    expect(await traceIn(Topic.customerCreated)).toEqual({ trace: traceOf(created) });
    expect(await traceIn(Topic.customerUpdated)).toEqual({ trace: traceOf(updated) });
  });
};
