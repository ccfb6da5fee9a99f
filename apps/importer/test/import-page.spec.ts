import { inTransaction } from '@core/db';
import { claimSlices, pickUpRuns, type PageRef } from '@core/domain';
import { Registry } from '@core/runtime';
import { waitUntil } from '@core/testing';
import { createHeldSlices } from '../src/jobs/held-slices.ts';
import { importPage } from '../src/jobs/import-page.ts';
import { createImporterMetrics } from '../src/metrics.ts';
import type { Limiter } from '../src/shopify/limiter.ts';
import type { FetchPage } from '../src/shopify/graphql-pages.ts';
import { eventsOf, openBench, storedCustomers, type Bench } from './support.ts';

let bench: Bench;
beforeAll(async () => (bench = await openBench({ redisDatabase: 4 })));
afterEach(() => bench.reset());
afterAll(() => bench.close());

const UNLIMITED: Limiter = {
  admit: () => Promise.resolve({ granted: true, ticket: 'ticket' }),
  settle: () => Promise.resolve(),
};
const claim = () =>
  inTransaction(bench.pool, async (tx) => {
    await pickUpRuns(tx, 10);
    return claimSlices(tx, 10);
  });
const setLease = (page: PageRef, seconds: number) =>
  bench.owner.query(
    `update customer_import_slices set lease_until = now() + $2 * interval '1 second' where import_id = $1`,
    [page.importId, seconds],
  );
const claimedPage = async (customers: number) => {
  const shop = await bench.connect(customers);
  const ref = await bench.start(shop);
  const [page] = await claim();
  return { shop, ref, page: page! };
};
const work = async (page: PageRef, fetchPage: FetchPage) => {
  const added: PageRef[] = [];
  const waitMs = await importPage(
    {
      pool: bench.pool,
      keys: bench.ctx.keys,
      limiter: UNLIMITED,
      fetchPage,
      jobs: { add: (pages) => Promise.resolve(void added.push(...pages)) },
      held: createHeldSlices(),
      metrics: createImporterMetrics(new Registry(), () => 0),
      log: bench.log,
      signal: new AbortController().signal,
      giveUpAfterMs: 60_000,
    },
    page,
  );
  return { waitMs, added };
};

describe('importPage', () => {
  it('puts up the next page', async () => {
    const { page, ref } = await claimedPage(600);
    expect(await work(page, bench.fetchPage)).toEqual({ waitMs: 0, added: [{ ...page, page: 1 }] });
    expect(await bench.show(ref)).toMatchObject({ status: 'running', expected: 600, read: 250 });
  });

  it('writes nothing of a page whose slice was handed out anew while it was read', async () => {
    const { shop, page, ref } = await claimedPage(100);
    const woken: FetchPage = async (query) => {
      const fetched = await bench.fetchPage(query);
      await setLease(page, -1);
      expect(await claim()).toEqual([{ ...page, fence: 2 }]);
      return fetched;
    };
    expect(await work(page, woken)).toEqual({ waitMs: 0, added: [] });
    expect(await storedCustomers(bench, shop)).toEqual([]);
    expect(await eventsOf(bench, shop)).toEqual([]);
    expect(await bench.show(ref)).toMatchObject({ status: 'running', read: 0, expected: null });
  });

  it('does a page once, however often its job comes', async () => {
    const { page, ref, shop } = await claimedPage(600);
    await work(page, bench.fetchPage);
    expect(await work(page, bench.fetchPage)).toEqual({ waitMs: 0, added: [] });
    expect(await bench.show(ref)).toMatchObject({ read: 250 });
    expect(shop.far.stats().requests).toBe(1);
  });

  it('counts once when two do the same page at the same time', async () => {
    const { page, ref, shop } = await claimedPage(250);
    const other = await claimedPage(0);
    await Promise.all([
      work(page, bench.fetchPage),
      work(page, bench.fetchPage),
      work(other.page, bench.fetchPage),
    ]);
    await waitUntil(async () => (await work(page, bench.fetchPage)).waitMs === 0, {
      what: 'the page to be done',
    });
    expect(await bench.show(ref)).toMatchObject({ status: 'completed', read: 250, created: 250 });
    expect(await eventsOf(bench, shop)).toHaveLength(250);
  });

  it('keeps the slice while Shopify is slower than a lease is long', async () => {
    const { page, ref } = await claimedPage(100);
    const slow: FetchPage = async (query) => {
      await setLease(page, 1);
      const lease = `select 1 from customer_import_slices where import_id = $1 and lease_until > now() + interval '5 seconds'`;
      await waitUntil(async () => (await bench.owner.query(lease, [page.importId])).rowCount === 1, {
        what: 'the lease to be renewed',
      });
      return bench.fetchPage(query);
    };
    await work(page, slow);
    expect(await bench.show(ref)).toMatchObject({ status: 'completed', read: 100 });
  });
});
