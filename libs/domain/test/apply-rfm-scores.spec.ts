import type { CustomerId, MerchantId } from '@core/contracts';
import { inTransaction } from '@core/db';
import { aCustomerId } from '@core/testing';
import { applyRfmScores, createCustomer, redactCustomer, type ApplyRfmScore } from '../src/index.ts';
import { auditOf, eventsOf, merchant, openWorld, rowsOf, type World } from './support.ts';

let world: World;
beforeAll(async () => (world = await openWorld('core_worker')));
afterAll(() => world.close());

const create = async (merchantId: MerchantId, email: string) =>
  (await inTransaction(world.owner, (tx) => createCustomer(tx, world.ctx, { merchantId, email }))).customerId;
const scored = (
  merchantId: MerchantId,
  customerId: CustomerId,
  sequence: bigint,
  score: Partial<ApplyRfmScore['score']> = {},
): ApplyRfmScore => ({
  merchantId,
  customerId,
  score: {
    recency: 5,
    frequency: 5,
    monetary: 5,
    asOf: '2026-01-02T00:00:00.000Z',
    sequence,
    ...score,
  },
});
const apply = (...inputs: ApplyRfmScore[]) =>
  world.run((tx, ctx) =>
    applyRfmScores(
      tx,
      inputs.map((input, i) => ({ ctx: { ...ctx, requestId: `event-${i}` }, input })),
    ),
  );
const scoreOf = async (merchantId: MerchantId) => (await rowsOf(world, merchantId))[0]!.rfm_score;

it('stores scores of several merchants, each with an event and an audit row with its own request id', async () => {
  const [a, b] = [merchant(), merchant()];
  const [ada, bob] = [await create(a, 'ada@example.com'), await create(b, 'bob@example.com')];
  const outcomes = await apply(
    scored(a, ada, 1n),
    scored(b, aCustomerId(), 1n),
    scored(b, bob, 1n, { segment: 'OWN' }),
  );
  expect(outcomes).toEqual(['applied', 'unknown', 'applied']);
  expect(await scoreOf(a)).toMatchObject({ score: '555', segment: 'CHAMPIONS', sequence: '1' });
  expect(await scoreOf(b)).toMatchObject({ segment: 'OWN' });
  for (const [merchantId, requestId] of [
    [a, 'event-0'],
    [b, 'event-2'],
  ] as const) {
    expect((await eventsOf(world, merchantId)).map(({ version, origin }) => [version, origin])).toEqual([
      [1, 'api'],
      [2, 'rfm'],
    ]);
    expect((await auditOf(world, merchantId)).at(-1)).toMatchObject({
      action: 'customer.score',
      request_id: requestId,
      detail: { changed_fields: ['rfm_score'], version: 2 },
    });
  }
});

it('audits a recalculation of many customers with one row per merchant, and emits an event for each customer', async () => {
  const [many, few] = [merchant(), merchant()];
  const ids = await world.given.customers(many, 30);
  const ada = await create(few, 'ada@example.com');
  await apply(...ids.map((id) => scored(many, id, 1n)), scored(few, ada, 1n));
  expect(await auditOf(world, many)).toMatchObject([
    { action: 'customer.score', customer_id: null, request_id: 'event-0', detail: { customers: 30 } },
  ]);
  expect((await auditOf(world, few)).at(-1)).toMatchObject({ action: 'customer.score', customer_id: ada });
  expect(await eventsOf(world, many)).toHaveLength(30);
});

it('applies the newest score of a customer once, wherever it is in the batch', async () => {
  const merchantId = merchant();
  const id = await create(merchantId, 'ada@example.com');
  const outcomes = await apply(
    scored(merchantId, id, 2n, { recency: 2 }),
    scored(merchantId, id, 9n, { recency: 4 }),
    scored(merchantId, id, 9n, { recency: 1 }),
    scored(merchantId, id, 3n, { recency: 3 }),
  );
  expect(outcomes).toEqual(['not_newer', 'applied', 'not_newer', 'not_newer']);
  expect(await rowsOf(world, merchantId)).toMatchObject([
    { version: 2, rfm_score: { recency: 4, sequence: '9' } },
  ]);
});

it('raises no version, emits nothing and audits nothing for a newer score with the same values', async () => {
  const merchantId = merchant();
  const id = await create(merchantId, 'ada@example.com');
  await apply(scored(merchantId, id, 1n));
  const events = await eventsOf(world, merchantId);
  const audit = await auditOf(world, merchantId);
  for (let sequence = 2n; sequence < 5n; sequence++) {
    expect(await apply(scored(merchantId, id, sequence, { configVersion: 7 }))).toEqual(['unchanged']);
  }
  expect(await apply(scored(merchantId, id, 4n, { recency: 1 }))).toEqual(['not_newer']);
  expect(await rowsOf(world, merchantId)).toMatchObject([
    { version: 2, rfm_score: { sequence: '4', config_version: 7 } },
  ]);
  expect(await eventsOf(world, merchantId)).toEqual(events);
  expect(await auditOf(world, merchantId)).toEqual(audit);
});

it('derives segments from the thresholds of each merchant', async () => {
  const [own, standard] = [merchant(), merchant()];
  await world.owner.query(
    `insert into program_settings (merchant_id, rfm_thresholds)
     values ($1, '{"segments": [{"name": "ALL"}], "fallbackSegment": "NONE"}')`,
    [own],
  );
  await apply(
    scored(own, await create(own, 'ada@example.com'), 1n),
    scored(standard, await create(standard, 'ada@example.com'), 1n),
  );
  expect([await scoreOf(own), await scoreOf(standard)]).toMatchObject([
    { segment: 'ALL' },
    { segment: 'CHAMPIONS' },
  ]);
});

it('returns unknown or erased for every score of such a customer', async () => {
  const merchantId = merchant();
  const unknown = aCustomerId();
  const id = await create(merchantId, 'ada@example.com');
  await world.run((tx, ctx) => redactCustomer(tx, ctx, { merchantId, customerId: id, requestId: 'r' }));
  expect(
    await apply(
      scored(merchantId, unknown, 2n),
      scored(merchantId, unknown, 1n),
      scored(merchantId, id, 1n),
      scored(merchantId, id, 2n),
    ),
  ).toEqual(['unknown', 'unknown', 'erased', 'erased']);
});

it('names the wrong field and stores no score', async () => {
  const merchantId = merchant();
  const id = await create(merchantId, 'ada@example.com');
  await expect(
    apply(scored(merchantId, id, 1n), scored(merchantId, id, 2n, { monetary: 6 })),
  ).rejects.toMatchObject({ kind: 'invalid_argument', field: 'rfm_score.monetary' });
  expect(await scoreOf(merchantId)).toBeNull();
});
