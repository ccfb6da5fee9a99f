// tag: compliance
import { randomUUID } from 'node:crypto';
import type { CustomerId, ExternalId, MerchantId } from '@core/contracts';
import { aCustomerId, gid } from '@core/testing';
import { mergeCustomers, recordPrivacyRequest, redactCustomer, type RedactCustomer } from '../src/index.ts';
import { newNumber, newShop, openPrivacy, placeOf, type PrivacyWorld } from './privacy-support.ts';

// Requests whose names refer to two people.

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
const STAYS = 'another customer has the given email and is kept: the id decides who is meant';

describe('two ids', () => {
  it('of two customers erase no one, and leave no trace', async () => {
    const { merchantId, a, b } = await two();
    const names = { merchantId, customerId: a.id, externalId: b.externalId };
    await expect(redact(names)).rejects.toMatchObject(TWO);
    await expect(redact({ ...names, email: a.email })).rejects.toMatchObject(TWO);
    expect(await erased(merchantId)).toEqual([]);
    expect(await world.rows('erasure_tombstones', merchantId)).toEqual([]);
  });

  it('of two customers are detected also where an earlier build stored the other by its number', async () => {
    const { merchantId, a, b } = await two();
    await world.owner.query('update customers set external_id = $2 where id = $1', [b.id, b.number]);
    await expect(redact({ merchantId, customerId: a.id, externalId: b.externalId })).rejects.toMatchObject(
      TWO,
    );
    expect(await erased(merchantId)).toEqual([]);
  });

  it('of two customers are detected also when one of them is deleted, or erased', async () => {
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

  it('of one customer identify that customer, whatever email is given', async () => {
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

  it('erase by the known one when the other is unknown, and the receipt says so', async () => {
    const { merchantId, a, b } = await two();
    const ours = await redact({ merchantId, customerId: a.id, externalId: gid(newNumber()) });
    expect(placeOf(ours, 'customers').remark).toBe('no customer has the given external_id');
    const theirs = await redact({ merchantId, customerId: aCustomerId(), externalId: b.externalId });
    expect(placeOf(theirs, 'customers').remark).toBe('no customer has the given customer_id');
    expect((await erased(merchantId)).sort()).toEqual([a.id, b.id].sort());
  });

  it('of two customers are refused for a data_request', async () => {
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

  it('are compared with those of the earlier request with the same request_id', async () => {
    const { merchantId, a, b } = await two();
    const requestId = randomUUID();
    const first = { merchantId, requestId, customerId: a.id, externalId: a.externalId };
    const receipt = await redact(first);
    await expect(redact({ ...first, externalId: b.externalId })).rejects.toMatchObject({
      message: 'request_id: is already used for a request for another person',
    });
    expect(await redact({ ...first, email: b.email })).toEqual(receipt);
  });
});

describe('an email of another customer', () => {
  it.each<[string, (a: Someone) => object]>([
    ['our own id', (a) => ({ customerId: a.id })],
    ['an external id', (a) => ({ externalId: a.externalId })],
    ['both', (a) => ({ customerId: a.id, externalId: a.externalId })],
  ])('does not count beside %s; the receipt says that the other customer stays', async (_what, ids) => {
    const { merchantId, a, b } = await two();
    const receipt = await redact({ merchantId, ...ids(a), email: b.email });
    expect(receipt.customerId).toBe(a.id);
    expect(await erased(merchantId)).toEqual([a.id]);
    expect(placeOf(receipt, 'customers').remark).toBe(STAYS);
    expect(JSON.stringify(receipt)).not.toContain(b.id);
  });

  it('is detected also without a blind index', async () => {
    const { merchantId, a, b } = await two();
    await world.owner.query('update customers set email_hash = null where id = $1', [b.id]);
    const receipt = await redact({ merchantId, externalId: a.externalId, email: b.email });
    expect(await erased(merchantId)).toEqual([a.id]);
    expect(placeOf(receipt, 'customers').remark).toBe(STAYS);
  });

  it.each(['an index', 'no index'])(
    'identifies no one beside an unknown external id: stored with %s',
    async (index) => {
      const { merchantId, a, b } = await two();
      if (index === 'no index')
        await world.owner.query('update customers set email_hash = null where id = $1', [b.id]);
      const names = { merchantId, externalId: gid(newNumber()), email: b.email };
      const problem =
        'external_id: matches no customer, and the email belongs to a customer with a different external_id';
      await expect(redact(names)).rejects.toMatchObject({ kind: 'invalid_argument', message: problem });
      await expect(redact({ ...names, customerId: aCustomerId() })).rejects.toMatchObject({
        message: problem,
      });
      expect(await erased(merchantId)).toEqual([]);
      expect(await world.rows('erasure_tombstones', merchantId)).toEqual([]);
      // A known id of ours decides.
      await redact({ ...names, customerId: a.id });
      expect(await erased(merchantId)).toEqual([a.id]);
    },
  );
});
