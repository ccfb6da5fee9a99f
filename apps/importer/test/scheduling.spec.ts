import { waitUntil } from '@core/testing';
import { ENDED, openBench, type Bench, type ConnectedShop } from './support.ts';

let bench: Bench;
beforeAll(async () => (bench = await openBench({ redisDatabase: 7 })));
afterEach(() => bench.reset());
afterAll(() => bench.close());

/** Gives a pending run more slices; each reads the whole shop, which is enough to keep workers busy. */
const slices = (importId: string, count: number) =>
  bench.owner.query(
    `insert into customer_import_slices (import_id, slice, merchant_id, range)
     select import_id, n, merchant_id, range from customer_import_slices, generate_series(1, $2) n
      where import_id = $1 and slice = 0`,
    [importId, count - 1],
  );
const started = async (shop: ConnectedShop, count = 1) => {
  const ref = await bench.start(shop);
  await slices(ref.importId, count);
  return ref;
};
const completes = async (shop: ConnectedShop) => {
  const run = await bench.until(await started(shop), 'over', ENDED);
  expect(run).toMatchObject({ status: 'completed', read: shop.far.customers });
  expect(shop.far.stats()).toMatchObject({ throttled: 0, limited: 0, violations: [] });
};

describe('a shop that', () => {
  it('does not answer holds its share of the workers and no more', async () => {
    const hung = await bench.connect(2_000);
    hung.far.fault({ kind: 'hang', times: 1_000 });
    await started(hung, 8);
    bench.startImporter({ concurrency: 8 });
    await waitUntil(() => hung.far.stats().requests >= 1, { what: 'the shop to hang' });
    // Four of eight workers at first, fewer once another shop has work.
    for (let n = 0; n < 3; n++) await completes(await bench.connect(1_000));
    expect(hung.far.stats().requests).toBeLessThanOrEqual(4);
  });

  it('answers 429 to everything is asked when it says, and its neighbours read on', async () => {
    const storming = await bench.connect(2_000);
    storming.far.fault({ kind: 'http429', times: 10_000 });
    const storm = await started(storming, 8);
    bench.startImporter({ concurrency: 4 });
    await bench.until(storm, 'waiting', (run) => run.waitingReason !== null);
    for (let n = 0; n < 3; n++) await completes(await bench.connect(1_000));
    expect(storming.far.stats().violations).toEqual([]); // such as a request before Retry-After is over
    expect(await bench.show(storm)).toMatchObject({ status: 'running', read: 0 });
  });
});

it('all slices of a run take turns', async () => {
  const shop = await bench.connect(1_000, [20, 40]);
  shop.far.plan = 'enterprise';
  const ref = await started(shop, 6);
  bench.startImporter({ concurrency: 4 }); // two at once
  const run = await bench.until(ref, 'over', ENDED);
  expect(run.read).toBe(6 * 1_000);
  const { rows } = await bench.owner.query(
    'select fence, page from customer_import_slices where import_id = $1',
    [ref.importId],
  );
  // Handed out once and never lost: 2 after the end of the run.
  expect(rows).toEqual(Array.from({ length: 6 }, () => ({ fence: 2, page: 4 })));
});
