import type { Pool } from 'pg';
import type { CustomerId, MerchantId } from '@core/contracts';
import { inTransaction, isNewer, updateRfmScores, type NewRfmScore } from '../src/index.ts';
import { aCustomerId, insertCustomer } from '@core/testing';
import { merchant, openDatabase } from './support.ts';

let pool: Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openDatabase()));
afterAll(() => close());

const scored = (
  merchantId: MerchantId,
  customerId: CustomerId,
  sequence: number,
  score = '545',
): NewRfmScore => ({
  merchantId,
  customerId,
  score: {
    recency: Number(score[0]),
    frequency: Number(score[1]),
    monetary: Number(score[2]),
    score,
    segment: 'ANY',
    as_of: '2026-01-02T00:00:00.000Z',
    sequence: String(sequence),
  },
});
const update = (scores: readonly NewRfmScore[]) => inTransaction(pool, (tx) => updateRfmScores(tx, scores));

it('returns the outcome of each score in the given order, for several merchants at once', async () => {
  const [a, b] = [merchant(), merchant()];
  const [fresh, stale, same, other, erased, deleted] = [
    await insertCustomer(pool, a),
    await insertCustomer(pool, a),
    await insertCustomer(pool, b),
    await insertCustomer(pool, b),
    await insertCustomer(pool, a),
    await insertCustomer(pool, b),
  ];
  await update([scored(a, stale, 5), scored(b, same, 5), scored(b, other, 5)]);
  await pool.query('update customers set erased_at = now() where id = $1', [erased]);
  await pool.query('update customers set deleted_at = now() where id = $1', [deleted]);
  const result = await update([
    scored(b, other, 6, '111'),
    scored(a, fresh, 1),
    scored(b, same, 6),
    scored(a, aCustomerId(), 1),
    scored(a, stale, 4, '111'),
    scored(b, fresh, 9), // another merchant's
    scored(a, erased, 1),
    scored(b, deleted, 1),
  ]);
  expect(result).toEqual([
    { outcome: 'applied', version: 3 },
    { outcome: 'applied', version: 2 },
    { outcome: 'unchanged', version: 2 },
    { outcome: 'unknown', version: null },
    { outcome: 'not_newer', version: 2 },
    { outcome: 'unknown', version: null },
    { outcome: 'erased', version: 1 },
    { outcome: 'erased', version: 1 },
  ]);
});

it('compares with the row that another transaction has just committed, not with its own snapshot', async () => {
  const merchantId = merchant();
  const id = await insertCustomer(pool, merchantId);
  const locked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const first = inTransaction(pool, async (tx) => {
    await updateRfmScores(tx, [scored(merchantId, id, 10, '111')]);
    locked.resolve();
    await release.promise;
  });
  await locked.promise;
  const second = update([scored(merchantId, id, 9, '222')]);
  const waiting = async () =>
    (await pool.query("select from pg_stat_activity where wait_event_type = 'Lock'")).rowCount;
  while (!(await waiting())) await new Promise(setImmediate);
  release.resolve();
  await first;
  expect(await second).toEqual([{ outcome: 'not_newer', version: 2 }]);
  const { rows } = await pool.query<{ rfm_score: { score: string } }>(
    'select rfm_score from customers where id = $1',
    [id],
  );
  expect(rows[0]!.rfm_score.score).toBe('111');
});

describe('a stored score that looks newer than all later ones', () => {
  const enormous = String(2n ** 62n);
  const days = (n: number) => new Date(Date.parse('2026-01-02T00:00:00.000Z') + n * 86_400_000).toISOString();
  it.each<[string, { sequence?: string; as_of: string }, { sequence?: string; as_of: string }, boolean]>([
    [
      'blocks a lower sequence for a week',
      { sequence: enormous, as_of: days(0) },
      { sequence: '5', as_of: days(7) },
      false,
    ],
    [
      'does not block it after a week',
      { sequence: enormous, as_of: days(0) },
      { sequence: '5', as_of: days(7.01) },
      true,
    ],
    [
      'is replaced by a higher sequence, however old its as_of',
      { sequence: '5', as_of: days(0) },
      { sequence: '6', as_of: days(-30) },
      true,
    ],
    [
      'blocks nothing with an as_of in the year 9999',
      { as_of: '9999-12-31T00:00:00.000Z' },
      { as_of: days(0) },
      true,
    ],
    [
      'blocks nothing with such an as_of and a sequence',
      { sequence: enormous, as_of: '9999-12-31T00:00:00.000Z' },
      { sequence: '5', as_of: days(0) },
      true,
    ],
    ['is compared only by as_of without a sequence', { as_of: days(0) }, { as_of: days(-0.01) }, false],
  ])('%s', async (_what, before, given, applied) => {
    const merchantId = merchant();
    const id = await insertCustomer(pool, merchantId);
    const of = (part: object, score: string): NewRfmScore => {
      const { sequence: _, ...rest } = scored(merchantId, id, 1, score).score;
      return { merchantId, customerId: id, score: { ...rest, ...part } };
    };
    await update([of(before, '545')]);
    const [after] = await update([of(given, '111')]);
    expect(after!.outcome).toBe(applied ? 'applied' : 'not_newer');
  });
});

describe('two scores without a sequence', () => {
  /** In ascending order; the times of one line are equal. */
  const times = [
    ['2025-12-31T23:59:59.999999999Z'],
    ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00Z'],
    ['2026-01-01T00:00:00.000000001Z'],
    ['2026-01-01T00:00:00.123Z', '2026-01-01T00:00:00.123000Z'],
    ['2026-01-01T00:00:00.123100Z'],
    ['2026-01-01T00:00:00.123100001Z'],
    ['2026-01-01T00:00:00.123400Z'],
    ['2026-01-01T00:00:00.999999999Z'],
    ['2026-01-01T00:00:01.000Z', '2026-01-01T00:00:01Z'],
    ['2026-01-01T00:00:09.000Z'],
    ['2026-01-01T00:00:10.000Z', '2026-01-01T00:00:10Z'],
    ['2026-01-01T00:00:10.000001Z'],
    ['2026-01-01T10:00:00.000Z'],
    ['2026-10-01T00:00:00.000Z'],
    ['2030-01-01T00:00:00.000Z'],
  ].flatMap((equal, rank) => equal.map((as_of) => ({ as_of, rank })));

  it('are ordered to the nanosecond, by PostgreSQL and within a batch alike', async () => {
    const merchantId = merchant();
    const id = await insertCustomer(pool, merchantId);
    const of = (as_of: string, score: string): NewRfmScore => {
      const { sequence: _, ...rest } = scored(merchantId, id, 1, score).score;
      return { merchantId, customerId: id, score: { ...rest, as_of } };
    };
    // Moved to the past, because a future as_of blocks nothing.
    const early = (as_of: string) => as_of.replace(/^20/, '19');
    for (const one of times) {
      for (const other of times) {
        const [before, given] = [of(early(one.as_of), '545'), of(early(other.as_of), '111')];
        await pool.query('update customers set rfm_score = null where id = $1', [id]);
        await update([before]);
        const [after] = await update([given]);
        const newer = other.rank > one.rank;
        expect([one.as_of, other.as_of, after!.outcome]).toEqual([
          one.as_of,
          other.as_of,
          newer ? 'applied' : 'not_newer',
        ]);
        expect(isNewer(given.score, before.score)).toBe(newer);
      }
    }
  });

  it.each([
    ['2026-01-09T00:00:00.000000001Z', true],
    ['2026-01-09T00:00:00.000Z', false],
    ['2026-01-08T23:59:59.999999999Z', false],
  ])('are compared by as_of after exactly a week: %s against a higher sequence', async (as_of, newer) => {
    const merchantId = merchant();
    const id = await insertCustomer(pool, merchantId);
    const before = scored(merchantId, id, 9);
    before.score.as_of = '2026-01-02T00:00:00.000Z';
    const given = scored(merchantId, id, 1, '111');
    given.score.as_of = as_of;
    await update([before]);
    expect((await update([given]))[0]!.outcome).toBe(newer ? 'applied' : 'not_newer');
    expect(isNewer(given.score, before.score)).toBe(newer);
  });
});

it('lets batches with the same customers in different orders wait for each other without deadlocks', async () => {
  const merchantId = merchant();
  const ids = await Promise.all(Array.from({ length: 40 }, () => insertCustomer(pool, merchantId)));
  const { rows: before } = await pool.query<{ deadlocks: string }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  await Promise.all(
    Array.from({ length: 20 }, (_, n) => {
      const order = n % 2 === 0 ? ids : [...ids].reverse();
      return update(order.map((id) => scored(merchantId, id, n, n % 3 === 0 ? '111' : '222')));
    }),
  );
  const { rows: after } = await pool.query<{ deadlocks: string }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  expect(after[0]!.deadlocks).toBe(before[0]!.deadlocks);
  const { rows } = await pool.query<{ sequence: string }>(
    "select distinct rfm_score ->> 'sequence' as sequence from customers where merchant_id = $1",
    [merchantId],
  );
  expect(rows).toEqual([{ sequence: '19' }]);
});
