import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import type { MerchantId } from '@core/contracts';
import { aCustomerId } from '@core/testing';
import { inTransaction, deferEvents, claimDeferredEvent } from '../src/index.ts';
import { merchant, openDatabase } from './support.ts';

let pool: Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openDatabase('core_worker')));
afterAll(() => close());

it('claims only the event of the given merchant, although another merchant has one with the same id', async () => {
  const consumer = randomUUID();
  const claimedAs = randomUUID();
  const [first, second] = [merchant(), merchant()];
  const deferred = [first, second].map((merchantId) => ({
    claimedAs,
    topic: 'rfm.updated',
    partition: 0,
    offset: 7n,
    headers: {},
    body: '{}',
    merchantId,
    customerId: aCustomerId(),
  }));
  await inTransaction(pool, (tx) => deferEvents(tx, consumer, deferred, 60));
  const take = (merchantId: MerchantId) =>
    inTransaction(pool, async (tx) =>
      (await claimDeferredEvent(tx, consumer, { merchantId, claimedAs })).map((event) => event.merchantId),
    );
  expect([await take(second), await take(second), await take(first)]).toEqual([[second], [], [first]]);
});
