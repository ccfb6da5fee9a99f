import type { PageRef } from '@core/domain';
import { waitUntil } from '@core/testing';
import { reconcile } from '../src/jobs/reconcile.ts';
import { isFinished, openWorld, type World, type ConnectedShop } from './support.ts';

let world: World;
beforeAll(async () => (world = await openWorld({ redisDatabase: 7 })));
afterEach(() => world.reset());
afterAll(() => world.close());

const completes = async (shop: ConnectedShop) => {
  const run = await world.until(await world.start(shop), 'finished', isFinished);
  expect(run).toMatchObject({ status: 'completed', read: shop.far.customers });
  expect(shop.far.stats()).toMatchObject({ throttled: 0, limited: 0, violations: [] });
};
/** Starts a run and waits until it is planned and its slices are being read. */
const runInProgress = async (shop: ConnectedShop) => {
  const ref = await world.start(shop);
  await world.until(ref, 'in progress', (run) => run.read > 0);
  return ref;
};

describe('a shop', () => {
  it('that does not answer occupies only its share of the workers', async () => {
    world.startImporter({ concurrency: 8 });
    const hung = await world.connect(4_000, [50, 100]);
    await runInProgress(hung);
    const { requests } = hung.far.stats();
    hung.far.fault({ kind: 'hang', times: 1_000 });
    await waitUntil(() => hung.far.stats().requests > requests, { what: 'the shop to hang' });
    // Four of eight workers at first; fewer once another shop has work.
    for (let n = 0; n < 3; n++) await completes(await world.connect(1_000));
    expect(hung.far.stats().requests - requests).toBeLessThanOrEqual(2 * 4);
  });

  it('that answers only 429 gets requests only after Retry-After, and other shops continue', async () => {
    world.startImporter({ concurrency: 4 });
    const storming = await world.connect(4_000, [50, 100]);
    const storm = await runInProgress(storming);
    storming.far.fault({ kind: 'http429', times: 10_000 });
    await world.until(storm, 'waiting', (run) => run.waitingReason !== null);
    const { read } = await world.show(storm);
    for (let n = 0; n < 3; n++) await completes(await world.connect(1_000));
    expect(storming.far.stats().violations).toEqual([]); // such as a request before the end of Retry-After
    expect(await world.show(storm)).toMatchObject({ status: 'running', read });
  });
});

describe('two dozen shops', () => {
  it('are all read by one importer, and a later shop does not wait for their end', async () => {
    const shops = await Promise.all(Array.from({ length: 24 }, () => world.connect(1_000, [500, 600])));
    world.startImporter({ concurrency: 8 });
    const runs = await Promise.all(shops.map((shop) => world.start(shop)));
    for (const run of runs) await world.until(run, 'planned', ({ expected }) => expected !== null);
    await completes(await world.connect(100));
    const states = await Promise.all(runs.map((run) => world.show(run)));
    expect(states.filter((run) => !isFinished(run)).length).toBeGreaterThan(0);
    for (const run of runs) {
      expect(await world.until(run, 'finished', isFinished)).toMatchObject({
        status: 'completed',
        read: 1_000,
      });
    }
  });

  it('are claimed, oldest first, even if the queue is always full', async () => {
    const shops = await Promise.all(Array.from({ length: 24 }, () => world.connect(1)));
    const runs = [];
    for (const shop of shops) runs.push(await world.start(shop));
    const added: PageRef[] = [];
    const jobs = {
      waiting: () => Promise.resolve(1_000),
      add: (pages: readonly PageRef[]) => Promise.resolve(void added.push(...pages)),
    };
    for (let tick = 1; tick <= runs.length; tick++) {
      await reconcile({ pool: world.pool, jobs, concurrency: 8 });
      expect(added.map(({ importId }) => importId)).toEqual(
        runs.slice(0, tick).map(({ importId }) => importId),
      );
    }
  });
});

it('rotates through all slices of a run', async () => {
  const shop = await world.connect(9_000, [20, 40]);
  shop.far.plan = 'enterprise';
  world.startImporter({ concurrency: 8 }); // four at once
  const ref = await world.start(shop);
  const slices = async () =>
    (
      await world.owner.query<{ fence: number; read: string }>(
        "select fence, read from customer_import_slices where import_id = $1 and kind = 'read'",
        [ref.importId],
      )
    ).rows;
  await world.until(ref, 'half read', (run) => run.read >= 7_000);
  // 560 customers each, in pages of 250: the first slice is not finished before the others start.
  const begun = await slices();
  expect(begun).toHaveLength(16);
  expect(begun.filter(({ read }) => Number(read) > 0)).toHaveLength(16);
  expect(await world.until(ref, 'finished', isFinished)).toMatchObject({ status: 'completed', read: 9_000 });
  // Claimed once and never lost: 2 after the end of the run.
  expect((await slices()).map(({ fence }) => fence)).toEqual(begun.map(() => 2));
});

it('keeps a ceiling of one request a second, and completes the import', async () => {
  world.startImporter({ ceiling: 1 });
  const shop = await world.connect(600);
  await completes(shop);
  expect(shop.far.stats().worstSecond).toBe(1);
});
