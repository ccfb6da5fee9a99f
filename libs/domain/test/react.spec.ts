// tag: compliance
import { randomUUID } from 'node:crypto';
import { externalIdOf, type CustomerId, type ExternalId, type MerchantId } from '@core/contracts';
import { inTransaction } from '@core/db';
import { aCustomerId } from '@core/testing';
import { createCustomer, redactCustomer, type ApplyRfmScore, type ErasureReceipt } from '../src/index.ts';
import { applyScore, auditOf, eventsOf, merchant, openWorld, rowsOf, type World } from './support.ts';

let world: World;
beforeAll(async () => (world = await openWorld('core_worker')));
afterAll(() => world.close());

const create = async (merchantId: MerchantId, email: string, externalId?: ExternalId) =>
  (await inTransaction(world.owner, (tx) => createCustomer(tx, world.ctx, { merchantId, email, externalId })))
    .customerId;
const asOf = '2026-01-02T00:00:00.000Z';
const apply = (merchantId: MerchantId, customerId: CustomerId, score: Partial<ApplyRfmScore['score']> = {}) =>
  world.run((tx, ctx) =>
    applyScore(tx, ctx, {
      merchantId,
      customerId,
      score: { recency: 5, frequency: 5, monetary: 5, asOf, sequence: 1n, ...score },
    }),
  );
const redact = (input: Omit<Parameters<typeof redactCustomer>[2], 'requestId'>) =>
  world.run((tx, ctx) => redactCustomer(tx, ctx, { requestId: randomUUID(), ...input }));
const remarkOf = ({ places }: ErasureReceipt, place: string) =>
  places.find((each) => each.place === place)!.remark;

describe('a score', () => {
  it('is stored with its derived segment and emits an event; a repetition changes nothing', async () => {
    const merchantId = merchant();
    const id = await create(merchantId, 'ada@example.com');
    expect(await apply(merchantId, id)).toBe('applied');
    expect(await apply(merchantId, id)).toBe('not_newer');
    const [row] = await rowsOf(world, merchantId);
    expect(row!.rfm_score).toMatchObject({ score: '555', segment: 'CHAMPIONS', sequence: '1' });
    expect((await eventsOf(world, merchantId)).map((event) => [event.version, event.origin])).toEqual([
      [1, 'api'],
      [2, 'rfm'],
    ]);
  });

  it.each([
    ['rfm_score.recency', { recency: 0 }],
    ['rfm_score.monetary', { monetary: 6 }],
    ['rfm_score.as_of', { asOf: 'soon' }],
    ['rfm_score.as_of', { asOf: '2026-01-02T02:00:00+02:00' }],
    ['rfm_score.as_of', { asOf: new Date(Date.now() + 2 * 86_400_000).toISOString() }],
    ['rfm_score.sequence', { sequence: 2n ** 62n }],
  ])('is refused for a wrong %s, by the name of the field', async (field, score) => {
    const merchantId = merchant();
    const id = await create(merchantId, 'ada@example.com');
    await expect(apply(merchantId, id, score)).rejects.toMatchObject({ kind: 'invalid_argument', field });
  });

  it('has different outcomes for an unknown and an erased customer', async () => {
    const merchantId = merchant();
    expect(await apply(merchantId, aCustomerId())).toBe('unknown');
    const id = await create(merchantId, 'ada@example.com');
    await redact({ merchantId, customerId: id });
    expect(await apply(merchantId, id)).toBe('erased');
  });
});

describe('redactCustomer', () => {
  it.each([
    ['customer_id', (id: CustomerId) => ({ customerId: id })],
    ['external_id', () => ({ externalId: externalIdOf('x1') })],
    ['email', () => ({ email: 'ADA@example.com' })],
  ])('erases a person by %s, once', async (_, name) => {
    const merchantId = merchant();
    const id = await create(merchantId, 'ada@example.com', externalIdOf('x1'));
    await apply(merchantId, id);
    const receipt = await redact({ merchantId, ...name(id) });
    expect(receipt.customerId).toBe(id);
    expect(remarkOf(receipt, 'erasure_tombstones')).toMatch(/^2 written/);
    const [row] = await rowsOf(world, merchantId);
    expect(row).toMatchObject({
      id,
      email: null,
      email_hash: null,
      external_id: null,
      metadata: null,
      rfm_score: null,
      version: 3,
    });
    expect(row!.erased_at).not.toBeNull();
    const again = await redact({ merchantId, customerId: id });
    expect(again.places.every(({ removed }) => removed.length === 0)).toBe(true);
    expect(remarkOf(again, 'erasure_tombstones')).toMatch(/^0 written/);
    const events = await eventsOf(world, merchantId);
    expect(events.at(-1)).toMatchObject({ topic: 'customer.updated', version: 3, origin: 'privacy' });
    expect(events).toHaveLength(3);
    expect((await auditOf(world, merchantId)).map((entry) => entry.action)).toEqual([
      'customer.create',
      'customer.score',
      'customer.erase',
      'customer.erase',
    ]);
  });

  it('returns an empty receipt for an unknown person and still writes tombstones', async () => {
    const merchantId = merchant();
    const receipt = await redact({ merchantId, externalId: externalIdOf('never-seen') });
    expect(receipt.customerId).toBeNull();
    expect(receipt.places.every(({ found, removed }) => found === 0 && removed.length === 0)).toBe(true);
    expect(remarkOf(receipt, 'erasure_tombstones')).toMatch(/^1 written/);
    expect(await eventsOf(world, merchantId)).toEqual([]);
  });

  it('gives a returning person a new id, and audits the return', async () => {
    const merchantId = merchant();
    const id = await create(merchantId, 'ada@example.com');
    await redact({ merchantId, email: 'ada@example.com' });
    const returned = await create(merchantId, 'ada@example.com');
    expect(returned).not.toBe(id);
    expect((await auditOf(world, merchantId)).at(-1)).toMatchObject({
      detail: { returned_after_erasure: true },
    });
  });
});
