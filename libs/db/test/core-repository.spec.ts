import type { Pool } from 'pg';
import type { CustomerId, MerchantId } from '@core/contracts';
import { coreRepository, inTransaction, type StoredRfmScore } from '../src/index.ts';
import { insertCustomer } from '@core/testing';
import { merchant, openDatabase } from './support.ts';

let pool: Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openDatabase()));
afterAll(() => close());

const score = (extra: Partial<StoredRfmScore> = {}): StoredRfmScore => ({
  recency: 5,
  frequency: 4,
  monetary: 5,
  score: '545',
  segment: 'CHAMPIONS',
  as_of: '2026-01-02T00:00:00.000Z',
  ...extra,
});
const update = (merchantId: MerchantId, id: CustomerId, value: StoredRfmScore) =>
  inTransaction(pool, (tx) => coreRepository(tx).updateRFMScore(merchantId, id, value));
const find = (merchantId: MerchantId, id: CustomerId) =>
  inTransaction(pool, (tx) => coreRepository(tx).findById(merchantId, id));

describe('findById', () => {
  it('finds the merchant’s customer, and not that of another merchant', async () => {
    const merchantId = merchant();
    const id = await insertCustomer(pool, merchantId, { metadata: { tags: ['vip'] } });
    expect(await find(merchantId, id)).toMatchObject({
      id,
      merchantId,
      version: 1,
      metadata: { tags: ['vip'] },
    });
    expect(await find(merchant(), id)).toBeNull();
  });

  it.each(['deleted_at', 'erased_at'])('does not find a customer with %s', async (column) => {
    const merchantId = merchant();
    const id = await insertCustomer(pool, merchantId);
    await pool.query(`update customers set ${column} = now() where id = $1`, [id]);
    expect(await find(merchantId, id)).toBeNull();
  });
});

describe('updateRFMScore', () => {
  it('returns the changed row with its raised version, or null for an unknown customer', async () => {
    const merchantId = merchant();
    const id = await insertCustomer(pool, merchantId);
    expect(await update(merchantId, id, score())).toMatchObject({ version: 2, rfmScore: score() });
    expect(await update(merchant(), id, score({ as_of: '2027-01-01T00:00:00.000Z' }))).toBeNull();
  });

  const stored = '2026-01-02T00:00:00.000Z';
  const later = '2026-01-03T00:00:00.000Z';
  const earlier = '2026-01-01T00:00:00.000Z';
  it.each([
    ['a higher sequence', { sequence: '9', as_of: stored }, { sequence: '10', as_of: earlier }, true],
    ['an equal sequence', { sequence: '9', as_of: stored }, { sequence: '9', as_of: later }, false],
    ['a lower sequence', { sequence: '10', as_of: stored }, { sequence: '9', as_of: later }, false],
    ['a later as_of when one has no sequence', { as_of: stored }, { sequence: '1', as_of: later }, true],
    ['an equal as_of', { as_of: stored }, { as_of: stored }, false],
    ['an earlier as_of', { sequence: '1', as_of: stored }, { as_of: earlier }, false],
  ])('decides whether a score is newer: %s', async (_, first, second, applied) => {
    const merchantId = merchant();
    const id = await insertCustomer(pool, merchantId);
    await update(merchantId, id, score(first));
    const row = await update(merchantId, id, score({ ...second, recency: 1, score: '145' }));
    expect(row !== null).toBe(applied);
    expect((await find(merchantId, id))?.version).toBe(applied ? 3 : 2);
  });

  it('raises no version for a newer score with equal content, and stores its as_of, sequence and config_version', async () => {
    const merchantId = merchant();
    const id = await insertCustomer(pool, merchantId);
    await update(merchantId, id, score({ sequence: '1', config_version: 1 }));
    const same = score({ sequence: '2', config_version: 2, as_of: later });
    expect(await update(merchantId, id, same)).toBeNull();
    expect(await find(merchantId, id)).toMatchObject({ version: 2, rfmScore: same });
    expect(await update(merchantId, id, score({ sequence: '2', recency: 1, score: '145' }))).toBeNull();
    expect(await update(merchantId, id, score({ sequence: '3', segment: 'LOYAL' }))).toMatchObject({
      version: 3,
    });
  });

  it('stores the segment before the last change of segment', async () => {
    const merchantId = merchant();
    const id = await insertCustomer(pool, merchantId);
    const segments = ['LOYAL', 'LOYAL', 'AT_RISK', 'AT_RISK'];
    const seen: (string | undefined)[] = [];
    for (const [n, segment] of segments.entries()) {
      await update(merchantId, id, score({ segment, sequence: String(n + 1) }));
      seen.push((await find(merchantId, id))?.rfmScore?.previous_segment);
    }
    expect(seen).toEqual([undefined, undefined, 'LOYAL', 'LOYAL']);
  });
});
