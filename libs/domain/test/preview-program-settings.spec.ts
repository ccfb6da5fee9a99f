import { clone } from '@bufbuild/protobuf';
import { RfmThresholdsSchema, type MerchantId, type RfmThresholds } from '@core/contracts';
import { getProgramSettings, previewProgramSettings, updateProgramSettings } from '../src/index.ts';
import { merchant, openWorld, type World } from './support.ts';

let world: World;
beforeAll(async () => (world = await openWorld('core_api')));
afterAll(() => world.close());

const add = (merchantId: MerchantId, score: object | null, count: number, deleted = false) =>
  world.owner.query(
    `insert into customers (merchant_id, rfm_score, deleted_at)
     select $1, $2::jsonb, case when $4 then now() end from generate_series(1, $3)`,
    [merchantId, score && JSON.stringify(score), count, deleted],
  );
const scored = (recency: number, frequency: number, monetary: number, segment: string) => ({
  ...{ recency, frequency, monetary, segment },
});
const preview = (merchantId: MerchantId, thresholds: RfmThresholds) =>
  world.run((tx) => previewProgramSettings(tx, { merchantId, thresholds }), merchantId);
const stored = async (merchantId: MerchantId) =>
  clone(
    RfmThresholdsSchema,
    (await world.run((tx) => getProgramSettings(tx, { merchantId }), merchantId)).thresholds,
  );

it('counts the live customers of this merchant only, by their segment before and after', async () => {
  const merchantId = merchant();
  await add(merchantId, scored(5, 5, 5, 'CHAMPIONS'), 4);
  await add(merchantId, scored(4, 4, 4, 'CHAMPIONS'), 3);
  // A segment that no rule has any more, and one that differs from the rule.
  await add(merchantId, scored(5, 5, 1, 'GOLD'), 2);
  await add(merchantId, scored(1, 1, 1, 'NEW'), 1);
  await add(merchantId, null, 6);
  await add(merchantId, scored(4, 4, 4, 'CHAMPIONS'), 9, true);
  await add(merchant(), scored(4, 4, 4, 'CHAMPIONS'), 8);
  const thresholds = await stored(merchantId);
  thresholds.segments[0]!.monetary!.min = 5;

  expect(await preview(merchantId, thresholds)).toEqual({
    scored: 10,
    unscored: 6,
    moves: [
      { from: 'CHAMPIONS', to: 'CHAMPIONS', customers: 4 },
      { from: 'CHAMPIONS', to: 'LOYAL', customers: 3 },
      { from: 'GOLD', to: 'LOYAL', customers: 2 },
      { from: 'NEW', to: 'DORMANT', customers: 1 },
    ],
    scoringDiffers: false,
  });
  expect((await stored(merchantId)).segments[0]!.monetary!.min).toBe(4);
});

it('returns nothing for a merchant without customers', async () => {
  const merchantId = merchant();
  expect(await preview(merchantId, await stored(merchantId))).toEqual({
    scored: 0,
    unscored: 0,
    moves: [],
    scoringDiffers: false,
  });
});

it.each<[string, (thresholds: RfmThresholds) => unknown, boolean]>([
  ['a cut point of recency', (it) => (it.recencyDays[1] = 61), true],
  ['a cut point of frequency', (it) => (it.frequencyOrders[3] = 11), true],
  ['a cut point of spend', (it) => (it.monetaryAmount[0] = 50.5), true],
  ['the window', (it) => (it.windowDays = 30), true],
  ['the method', (it) => (it.method = 2), true],
  ['a name', (it) => (it.segments[0]!.name = 'BEST'), false],
  ['the order of segments', (it) => it.segments.reverse(), false],
  ['the fallback', (it) => (it.fallbackSegment = 'OTHERS'), false],
])('reports that scoring differs by %s: %s', async (_, change, differs) => {
  const merchantId = merchant();
  const thresholds = await stored(merchantId);
  await world.run((tx, ctx) => updateProgramSettings(tx, ctx, { merchantId, thresholds }), merchantId);
  change(thresholds);
  expect((await preview(merchantId, thresholds)).scoringDiffers).toBe(differs);
});
