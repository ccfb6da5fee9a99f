import type { MerchantId } from '@core/contracts';
import { getRfmDistribution, type RfmDistribution } from '../src/index.ts';
import { merchant, openWorld, type World } from './support.ts';

let world: World;
beforeAll(async () => (world = await openWorld('core_api')));
afterAll(() => world.close());

const add = async (merchantId: MerchantId, score: object | null, extra = '', count = 1) =>
  world.owner.query<{ id: string }>(
    `insert into customers (merchant_id, rfm_score ${extra && `, ${extra}`})
     select $1, $2::jsonb ${extra && ', now()'} from generate_series(1, $3) returning id`,
    [merchantId, score && JSON.stringify(score), count],
  );
const scored = (recency: number, frequency: number, segment: string, monetary = 3) => ({
  recency,
  frequency,
  monetary,
  segment,
});
const read = (merchantId: MerchantId) =>
  world.run((tx) => getRfmDistribution(tx, { merchantId }), merchantId);
const SCORES = [1, 2, 3, 4, 5];
/** Returns the count of each cell by its three digits: recency, frequency, monetary. */
const byScore = (cells: RfmDistribution['cells']) =>
  Object.fromEntries(
    SCORES.flatMap((r) =>
      SCORES.flatMap((f) => SCORES.map((m) => [`${r}${f}${m}`, cells[r - 1]?.[f - 1]?.[m - 1]])),
    ),
  ) as Record<string, number>;
const NO_CELLS = byScore(SCORES.map(() => SCORES.map(() => [0, 0, 0, 0, 0])));

it('counts the live customers of this merchant only, by segment, by cell and in total', async () => {
  const merchantId = merchant();
  await add(merchantId, scored(5, 5, 'CHAMPIONS'), '', 3);
  await add(merchantId, scored(5, 5, 'CHAMPIONS', 1), '', 1);
  await add(merchantId, scored(1, 5, 'AT_RISK'), '', 2);
  await add(merchantId, scored(5, 1, 'NEW'), '', 2);
  await add(merchantId, scored(5, 1, 'A name of the merchant’s own'), '', 7);
  await add(merchantId, null, '', 5);
  await add(merchantId, scored(5, 5, 'CHAMPIONS'), 'deleted_at');
  await add(merchant(), scored(5, 5, 'CHAMPIONS'));
  const { rows } = await add(merchantId, scored(2, 2, 'DORMANT'));
  await world.owner.query('update customers set erased_at = now(), rfm_score = null where id = $1', [
    rows[0]!.id,
  ]);

  const { segments, cells, ...rest } = await read(merchantId);
  expect([...segments]).toEqual([
    ['A name of the merchant’s own', 7],
    ['CHAMPIONS', 4],
    ['AT_RISK', 2],
    ['NEW', 2],
  ]);
  expect(rest).toEqual({
    scored: 15,
    unscored: 5,
    shopifyGroups: new Map(),
    newestAsOf: null,
  });
  expect(byScore(cells)).toEqual({ ...NO_CELLS, '153': 2, '513': 9, '551': 1, '553': 3 });
});

it('counts live customers by the RFM group of Shopify, scored or not, and no other text in its place', async () => {
  const merchantId = merchant();
  const [deleted, ...live] = ['LOYAL', 'LOYAL', 'PROSPECTS', 'LOYAL', 'a text of the api', null].map(
    (rfm_group) => JSON.stringify({ rfm_group }),
  );
  const insert =
    'insert into customers (merchant_id, metadata, rfm_score, deleted_at) values ($1, $2, $3, $4)';
  for (const [n, metadata] of live.entries())
    await world.owner.query(insert, [merchantId, metadata, n === 0 ? scored(5, 5, 'CHAMPIONS') : null, null]);
  await world.owner.query(insert, [merchantId, deleted, null, new Date()]);
  const { shopifyGroups, unscored } = await read(merchantId);
  expect([...shopifyGroups]).toEqual([
    ['LOYAL', 2],
    ['PROSPECTS', 1],
  ]);
  expect(unscored).toBe(4);
});

it('returns zeros for a merchant without customers', async () => {
  const { cells, ...rest } = await read(merchant());
  expect(rest).toEqual({
    scored: 0,
    unscored: 0,
    segments: new Map(),
    shopifyGroups: new Map(),
    newestAsOf: null,
  });
  expect(byScore(cells)).toEqual(NO_CELLS);
});

it('returns the newest as_of of the live customers, to the second', async () => {
  const merchantId = merchant();
  const at = (as_of: string, recency = 5) => ({ ...scored(recency, 5, 'CHAMPIONS'), as_of });
  await add(merchantId, at('2026-10-31T23:59:59.5Z'));
  await add(merchantId, at('2026-11-30T17:05:00.123456789Z', 1));
  await add(merchantId, at('2026-11-30T17:04:59Z', 1));
  await add(merchantId, at('2026-12-31T00:00:00Z'), 'deleted_at');
  await add(merchant(), at('2026-12-31T00:00:00Z'));
  expect((await read(merchantId)).newestAsOf).toEqual(new Date('2026-11-30T17:05:00Z'));
  const broken = merchant();
  await add(broken, at('an earlier build'));
  expect((await read(broken)).newestAsOf).toBeNull();
});
