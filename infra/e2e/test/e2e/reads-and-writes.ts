import { randomUUID } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import { Consistency, CoreService, Topic } from '@core/contracts';
import { waitUntil } from '@core/testing';
import { newMerchant, postJson, publish, type E2e } from './support.ts';

const create = async ({ rpc }: E2e, merchantId: string, email = 'ada@example.com') =>
  rpc.unary(CoreService.method.createCustomer, { merchantId, email });

/** The end-to-end test of GetCustomerRFM from the plan, with related tests. */
export const readsAndWrites = (e2e: () => E2e) => {
  it('returns the score of rfm.updated from GetCustomerRFM, on every path and port', async () => {
    const merchantId = newMerchant();
    const { customerId } = await create(e2e(), merchantId);
    await publish(e2e(), Topic.rfmUpdated, customerId, {
      event_id: randomUUID(),
      merchant_id: merchantId,
      customer_id: customerId,
      rfm_score: {
        recency: 5,
        frequency: 4,
        monetary: 5,
        segment: 'CHAMPIONS',
        as_of: '2026-01-02T00:00:00Z',
        sequence: 17,
      },
      occurred_at: '2026-01-02T00:00:01Z',
    });
    const { rpc } = e2e();
    const get = CoreService.method.getCustomerRFM;
    await waitUntil(async () => (await rpc.unary(get, { merchantId, customerId })).rfmScore, {
      what: 'the score',
    });

    const byGrpc = (await rpc.unary(get, { merchantId, customerId })).rfmScore;
    expect(byGrpc).toMatchObject({
      recency: 5,
      frequency: 4,
      monetary: 5,
      score: '545',
      segment: 'CHAMPIONS',
      sequence: 17n,
    });
    const byAlias = await rpc.unary(get, { merchantId, customerId }, { path: '/core.v1/GetCustomerRFM' });
    expect(byAlias.rfmScore).toEqual(byGrpc);
    for (const path of ['/core.v1.CoreService/GetCustomerRFM', '/core.v1/GetCustomerRFM']) {
      const { status, body } = await postJson(e2e(), path, {
        merchant_id: merchantId,
        customer_id: customerId,
      });
      expect([status, body['rfmScore']]).toEqual([
        200,
        expect.objectContaining({ score: '545', segment: 'CHAMPIONS' }),
      ]);
    }
  });

  it('shows a write to a read with its consistency token, and to a strong read', async () => {
    const merchantId = newMerchant();
    const { rpc } = e2e();
    for (let n = 0; n < 20; n++) {
      const { customerId, consistencyToken } = await create(e2e(), merchantId, `p${n}@example.com`);
      const atLeast = { consistency: Consistency.AT_LEAST, consistencyToken };
      for (const consistency of [atLeast, { consistency: Consistency.STRONG }]) {
        const { rfmScore } = await rpc.unary(CoreService.method.getCustomerRFM, {
          merchantId,
          customerId,
          ...consistency,
        });
        expect(rfmScore).toBeUndefined(); // found, not scored: NOT_FOUND would have thrown
      }
    }
  });

  it('creates a customer only once, however often the call is repeated', async () => {
    const merchantId = newMerchant();
    const first = await create(e2e(), merchantId);
    const { body } = await postJson(e2e(), '/core.v1/CreateCustomer', {
      merchant_id: merchantId,
      email: 'ADA@example.com',
    });
    expect(first.created).toBe(true);
    expect(body).toMatchObject({ customerId: first.customerId });
    expect(body['created'] ?? false).toBe(false);
  });

  it.each([
    ['a malformed customer_id', { customerId: 'nope' }, grpc.status.INVALID_ARGUMENT, 'customer_id'],
    ['a malformed merchant_id', { merchantId: 'nope' }, grpc.status.INVALID_ARGUMENT, 'merchant_id'],
    [
      'an unknown merchant',
      { merchantId: `ffffffff-${randomUUID().slice(9)}` },
      grpc.status.PERMISSION_DENIED,
      'merchant_id',
    ],
    ['an unknown customer', {}, grpc.status.NOT_FOUND, 'customer'],
  ])('refuses %s and names it', async (_, change, code, name) => {
    const request = { merchantId: newMerchant(), customerId: randomUUID(), ...change };
    const refused = e2e().rpc.unary(CoreService.method.getCustomerRFM, request);
    await expect(refused).rejects.toMatchObject({ code, details: expect.stringContaining(name) });
  });

  it('does not show another merchant’s customer', async () => {
    const { customerId } = await create(e2e(), newMerchant());
    const foreign = e2e().rpc.unary(CoreService.method.getCustomer, {
      merchantId: newMerchant(),
      customerId,
      consistency: Consistency.STRONG,
    });
    await expect(foreign).rejects.toMatchObject({ code: grpc.status.NOT_FOUND });
  });
};
