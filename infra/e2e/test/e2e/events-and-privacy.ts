import { randomUUID } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import { Consistency, CoreService, deadLetterTopic, Topic } from '@core/contracts';
import { waitUntil } from '@core/testing';
import { logs, newMerchant, postJson, publish, readTopic, rows, type E2e } from './support.ts';

const create = async ({ rpc }: E2e, merchantId: string, email = 'ada@example.com') =>
  (await rpc.unary(CoreService.method.createCustomer, { merchantId, email })).customerId;

const score = (merchantId: string, customerId: string, sequence: number, eventId: string = randomUUID()) => ({
  event_id: eventId,
  merchant_id: merchantId,
  customer_id: customerId,
  // The values differ for each sequence, because an unchanged score emits no event.
  rfm_score: {
    recency: 1 + (sequence % 5),
    frequency: 3,
    monetary: 3,
    as_of: '2026-01-02T00:00:00Z',
    sequence,
  },
});

const drained = ({ stack }: E2e) =>
  waitUntil(
    async () => (await rows(stack.env.DEV_DB_URL, 'select 1 from outbox_events limit 1')).length === 0,
    {
      what: 'the outbox to drain',
      limitMs: 180_000,
    },
  );

const untilScored = ({ rpc }: E2e, merchantId: string, customerId: string, sequence: bigint) =>
  waitUntil(
    async () => {
      const asked = { merchantId, customerId, consistency: Consistency.STRONG };
      const { rfmScore } = await rpc.unary(CoreService.method.getCustomerRFM, asked);
      return rfmScore?.sequence === sequence;
    },
    { what: `score ${sequence}` },
  );

const eventsOf = async (e2e: E2e, topic: string, customerId: string) =>
  (await readTopic(e2e, topic))
    .filter((record) => record.key?.toString() === customerId)
    .map((record) => ({ headers: record.headers, body: JSON.parse(record.value?.toString() ?? '{}') }));

export const eventsAndPrivacy = (e2e: () => E2e) => {
  it('emits each change once, in order, as CloudEvents', async () => {
    const merchantId = newMerchant();
    const customerId = await create(e2e(), merchantId);
    const eventId = randomUUID();
    await publish(e2e(), Topic.rfmUpdated, customerId, score(merchantId, customerId, 1, eventId));
    await publish(e2e(), Topic.rfmUpdated, customerId, score(merchantId, customerId, 1, eventId));
    // One after the other: if a batch has several scores of a customer, only the newest is applied.
    await untilScored(e2e(), merchantId, customerId, 1n);
    await publish(e2e(), Topic.rfmUpdated, customerId, score(merchantId, customerId, 2));
    await untilScored(e2e(), merchantId, customerId, 2n);
    await drained(e2e());
    const [created] = await eventsOf(e2e(), Topic.customerCreated, customerId);
    expect(created!.body).toEqual({
      event_id: expect.any(String),
      merchant_id: merchantId,
      customer_id: customerId,
      version: 1,
      changed_fields: ['email'],
      origin: 'api',
      occurred_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect(created!.headers).toMatchObject({
      ce_id: created!.body.event_id,
      ce_type: Topic.customerCreated,
      ce_specversion: '1.0',
    });
    const updated = await eventsOf(e2e(), Topic.customerUpdated, customerId);
    expect(updated.map(({ body }) => [body.version, body.origin])).toEqual([
      [2, 'rfm'],
      [3, 'rfm'],
    ]);
  });

  it('moves records that cannot be handled aside, and continues with the partition', async () => {
    const merchantId = newMerchant();
    const customerId = await create(e2e(), merchantId);
    await publish(e2e(), Topic.rfmUpdated, customerId, '{"event_id": "broken');
    await publish(e2e(), Topic.rfmUpdated, customerId, score(merchantId, randomUUID(), 1));
    await publish(e2e(), Topic.rfmUpdated, customerId, score(merchantId, customerId, 1));
    const { rpc } = e2e();
    await waitUntil(
      async () => (await rpc.unary(CoreService.method.getCustomerRFM, { merchantId, customerId })).rfmScore,
      { what: 'the score after the broken records' },
    );
    const dead = await waitUntil(
      async () => {
        const letters = await readTopic(e2e(), deadLetterTopic(Topic.rfmUpdated));
        const ours = letters.filter((record) => record.key?.toString() === customerId);
        return ours.length > 0 && ours;
      },
      { what: 'the dead letter' },
    );
    expect(dead.map(({ headers }) => [headers['dlq_reason'], headers['dlq_source_topic']])).toEqual([
      ['malformed', Topic.rfmUpdated],
    ]);
    // The event of an unknown customer is deferred, because an import in progress may create that customer.
    const { DEV_DB_URL } = e2e().stack.env;
    expect(
      await rows(DEV_DB_URL, `select from parked_events where merchant_id = '${merchantId}'`),
    ).toHaveLength(1);
  });

  it('erases a person on gdpr_request.created', async () => {
    const merchantId = newMerchant();
    const customerId = await create(e2e(), merchantId, 'erase.me@example.com');
    await publish(e2e(), Topic.gdprRequestCreated, customerId, {
      event_id: randomUUID(),
      request_id: 'r-1',
      merchant_id: merchantId,
      email: 'Erase.Me@example.com',
    });
    const { rpc, stack } = e2e();
    await waitUntil(
      async () =>
        rpc
          .unary(CoreService.method.getCustomer, { merchantId, customerId })
          .then(() => false)
          .catch((error: grpc.ServiceError) => error.code === grpc.status.NOT_FOUND),
      { what: 'NOT_FOUND' },
    );
    const [row] = await rows(stack.env.DEV_DB_URL, 'select * from customers where id = $1', [customerId]);
    expect(row).toMatchObject({
      email: null,
      email_hash: null,
      external_id: null,
      metadata: null,
      rfm_score: null,
    });
    const again = await postJson(e2e(), '/core.v1/CreateCustomer', {
      merchant_id: merchantId,
      email: 'erase.me@example.com',
    });
    expect(again.body).toMatchObject({ created: true });
    expect(again.body['customerId']).not.toBe(customerId);
  });

  it('leaks no email into an event or a log', async () => {
    const merchantId = newMerchant();
    const email = `canary-${randomUUID()}@example.com`;
    const customerId = await create(e2e(), merchantId, email);
    await postJson(e2e(), '/core.v1/CreateCustomer', { merchant_id: merchantId, email: `${email} twice@` });
    await publish(e2e(), Topic.gdprRequestCreated, customerId, {
      event_id: 'x',
      kind: 'unheard_of',
      merchant_id: merchantId,
      email,
    });
    await waitUntil(
      async () =>
        (await readTopic(e2e(), deadLetterTopic(Topic.gdprRequestCreated))).some(
          (r) => r.key?.toString() === customerId,
        ),
      { what: 'the dead letter' },
    );
    await drained(e2e());
    const topics = [Topic.customerCreated, Topic.customerUpdated, deadLetterTopic(Topic.gdprRequestCreated)];
    const records = (await Promise.all(topics.map((topic) => readTopic(e2e(), topic)))).flat();
    expect(records.length).toBeGreaterThan(0);
    expect(
      records.filter((record) => JSON.stringify([record.headers, record.value?.toString()]).includes(email)),
    ).toEqual([]);
    expect(logs(e2e().dir).filter((line) => line.includes(email))).toEqual([]);
  });
};
