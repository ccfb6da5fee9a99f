// tag: compliance
import { randomUUID } from 'node:crypto';
import type { CustomerId, ExternalId, MerchantId } from '@core/contracts';
import { aCustomerId, gid } from '@core/testing';
import { mergeCustomers, recordPrivacyRequest, redactCustomer, type RedactCustomer } from '../src/index.ts';
import { newNumber, newShop, openPrivacy, placeOf, type PrivacyWorld } from './privacy-support.ts';

// Requests whose names mean two people.

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

interface Someone {
  id: CustomerId;
  number: number;
  externalId: ExternalId;
  email: string;
}

/** Two customers of a merchant, each with an email and an external id. */
async function two() {
  const { merchantId } = newShop();
  const [a, b] = (await world.people(merchantId, 2)).map(({ customerId: id, ...names }): Someone => ({
    id,
    ...names,
  }));
  return { merchantId, a: a!, b: b! };
}
const redact = (input: Omit<RedactCustomer, 'requestId'> & { requestId?: string }) =>
  world.as('worker', (tx, ctx) => redactCustomer(tx, ctx, { requestId: randomUUID(), ...input }));
const erased = async (merchantId: MerchantId) =>
  (await world.rows('customers', merchantId))
    .filter((row) => row['erased_at'] !== null)
    .map((row) => row['id']);
const merge = (merchantId: MerchantId, kept: Someone, merged: Someone) =>
  world.as('worker', (tx, ctx) =>
    mergeCustomers(tx, ctx, {
      merchantId,
      keptExternalId: kept.externalId,
      mergedExternalId: merged.externalId,
      origin: 'webhook',
    }),
  );

const TWO = {
  kind: 'invalid_argument',
  message: 'customer_id: and external_id must name one customer',
};
const STAYS = 'another customer has the email that was given, and stays: the id says who is meant';

describe('two ids', () => {
  it('of two customers erase nobody, and leave no trace', async () => {
    const { merchantId, a, b } = await two();
    const names = { merchantId, customerId: a.id, externalId: b.externalId };
    await expect(redact(names)).rejects.toMatchObject(TWO);
    await expect(redact({ ...names, email: a.email })).rejects.toMatchObject(TWO);
    expect(await erased(merchantId)).toEqual([]);
    expect(await world.rows('erasure_tombstones', merchantId)).toEqual([]);
  });

  it('of two customers are seen also where an earlier build stored the other by its number', async () => {
    const { merchantId, a, b } = await two();
    await world.owner.query('update customers set external_id = $2 where id = $1', [b.id, b.number]);
    await expect(redact({ merchantId, customerId: a.id, externalId: b.externalId })).rejects.toMatchObject(
      TWO,
    );
    expect(await erased(merchantId)).toEqual([]);
  });

  it('of two customers are seen also when one is deleted, or came back after an erasure', async () => {
    const { merchantId, a, b } = await two();
    await world.owner.query('update customers set deleted_at = now() where id = $1', [b.id]);
    const names = { merchantId, customerId: a.id, externalId: b.externalId };
    await expect(redact(names)).rejects.toMatchObject(TWO);
    await redact({ merchantId, customerId: a.id });
    await expect(redact(names)).rejects.toMatchObject(TWO);
    expect(await erased(merchantId)).toEqual([a.id]);
  });

  it.each(['kept', 'merged'])('of customers that the source merged name one person: %s', async (named) => {
    const { merchantId, a, b } = await two();
    await (named === 'kept' ? merge(merchantId, a, b) : merge(merchantId, b, a));
    await redact({ merchantId, customerId: a.id, externalId: b.externalId });
    expect((await erased(merchantId)).sort()).toEqual([a.id, b.id].sort());
  });

  it('of one customer are one name, whatever else is given', async () => {
    const { merchantId, a, b } = await two();
    const receipt = await redact({
      merchantId,
      customerId: a.id,
      externalId: a.externalId,
      email: a.email,
    });
    expect(await erased(merchantId)).toEqual([a.id]);
    expect(placeOf(receipt, 'customers').remark).toBe('');
    expect(b.id).not.toBe(a.id);
  });

  it('of which nobody has one erase by the other, and the receipt says so', async () => {
    const { merchantId, a, b } = await two();
    const ours = await redact({ merchantId, customerId: a.id, externalId: gid(newNumber()) });
    expect(placeOf(ours, 'customers').remark).toBe('nobody here has the external_id that was given');
    const theirs = await redact({ merchantId, customerId: aCustomerId(), externalId: b.externalId });
    expect(placeOf(theirs, 'customers').remark).toBe('nobody here has the customer_id that was given');
    expect((await erased(merchantId)).sort()).toEqual([a.id, b.id].sort());
  });

  it('of two customers do not tell whose data are asked for', async () => {
    const { merchantId, a, b } = await two();
    const asked = world.as('worker', (tx, ctx) =>
      recordPrivacyRequest(tx, ctx, {
        merchantId,
        requestId: randomUUID(),
        kind: 'data_request',
        customerId: a.id,
        externalId: b.externalId,
      }),
    );
    await expect(asked).rejects.toMatchObject(TWO);
  });

  it('are compared with those of the request that had the request_id before', async () => {
    const { merchantId, a, b } = await two();
    const requestId = randomUUID();
    const first = { merchantId, requestId, customerId: a.id, externalId: a.externalId };
    const receipt = await redact(first);
    await expect(redact({ ...first, externalId: b.externalId })).rejects.toMatchObject({
      message: 'request_id: is that of a request for somebody else',
    });
    expect(await redact({ ...first, email: b.email })).toEqual(receipt);
  });
});

describe('an email of another customer', () => {
  it.each<[string, (a: Someone) => object]>([
    ['our own id', (a) => ({ customerId: a.id })],
    ['an external id', (a) => ({ externalId: a.externalId })],
    ['both', (a) => ({ customerId: a.id, externalId: a.externalId })],
  ])('does not count beside %s; the receipt says who stays', async (_what, ids) => {
    const { merchantId, a, b } = await two();
    const receipt = await redact({ merchantId, ...ids(a), email: b.email });
    expect(receipt.customerId).toBe(a.id);
    expect(await erased(merchantId)).toEqual([a.id]);
    expect(placeOf(receipt, 'customers').remark).toBe(STAYS);
    expect(JSON.stringify(receipt)).not.toContain(b.id);
  });

  it('is seen also where it has no blind index', async () => {
    const { merchantId, a, b } = await two();
    await world.owner.query('update customers set email_hash = null where id = $1', [b.id]);
    const receipt = await redact({ merchantId, externalId: a.externalId, email: b.email });
    expect(await erased(merchantId)).toEqual([a.id]);
    expect(placeOf(receipt, 'customers').remark).toBe(STAYS);
  });

  it.each(['an index', 'no index'])(
    'does not tell who is meant beside an external id that nobody has: stored with %s',
    async (index) => {
      const { merchantId, a, b } = await two();
      if (index === 'no index')
        await world.owner.query('update customers set email_hash = null where id = $1', [b.id]);
      const names = { merchantId, externalId: gid(newNumber()), email: b.email };
      const problem = 'external_id: is nobody’s here, and the email that of a customer with another one';
      await expect(redact(names)).rejects.toMatchObject({ kind: 'invalid_argument', message: problem });
      await expect(redact({ ...names, customerId: aCustomerId() })).rejects.toMatchObject({
        message: problem,
      });
      expect(await erased(merchantId)).toEqual([]);
      expect(await world.rows('erasure_tombstones', merchantId)).toEqual([]);
      // An id of ours that somebody has decides.
      await redact({ ...names, customerId: a.id });
      expect(await erased(merchantId)).toEqual([a.id]);
    },
  );
});
