import { randomBytes } from 'node:crypto';
import { fetchByIds } from '../src/sources/graphql/by-ids.ts';
import { countCustomers } from '../src/planning/count.ts';
import { planRanges } from '../src/planning/partition-range.ts';
import { recordingLimiter } from './client-as.ts';
import { ask, distinct, expectedOf, numberOf, useSources, readAll } from './sources-driver.ts';

const seed = randomBytes(4).toString('hex');
const open = useSources(seed);

describe(`counting (seed ${seed})`, () => {
  it('is not limited to ten thousand, and counts a range', async () => {
    const shop = open().shop(10_500);
    const count = async (range = {}) => countCustomers(open().client(shop), range);
    const createdFrom = shop.get(400)?.createdAt as string;
    expect(await count()).toBe(10_500);
    expect(await count({ createdTo: createdFrom })).toBe(400);
    expect(await count({ createdFrom })).toBe(10_100);
    expect(await count({ updatedFrom: '2099-01-01T00:00:00Z' })).toBe(0);
  });
});

describe('requesting by ids', () => {
  it('returns existing customers and reports missing ones', async () => {
    const shop = open().shop(250);
    const all = [...shop.all()];
    const gone = [all[3], all[77]].map((customer) => customer?.id as string);
    for (const id of gone) shop.remove(id);
    const { outcomes, ...recording } = recordingLimiter();
    const client = open().client(shop, { outcomes, ...recording });
    const found = await fetchByIds({ client, withoutEmail: false }, all.map(numberOf));
    expect(found.customers).toEqual(expectedOf(shop));
    expect(found.missing).toEqual(gone.map((id) => numberOf({ id })));
    expect(outcomes[0]?.cost?.requested).toBeGreaterThan(0);
  });
});

describe('partitioning', () => {
  it.each([
    ['graphql', 8],
    ['rest', 8],
    ['bulk', 3],
  ] as const)('returns ranges that partition the shop, for %s', async (name, slices) => {
    const shop = open().shop(3_000);
    const ranges = await planRanges(open().client(shop), { range: {}, count: 3_000, slices });
    expect(ranges).toHaveLength(slices);
    const reads = await Promise.all(ranges.map((range) => readAll(open().sources[name], shop, { range })));
    for (const { ids } of reads) expect(ids.length).toBeLessThan((3_000 / slices) * 1.6);
    const all = reads.flatMap(({ customers }) => customers);
    expect(all).toHaveLength(3_000);
    expect(distinct(all)).toEqual(expectedOf(shop, name));
  });
});

describe('REST', () => {
  it('reports the bucket with every page, and derives its rate from its size', async () => {
    const shop = open().shop(600);
    const first = await open().sources.rest.fetch(ask(shop));
    // The first request uses GraphQL's bucket. REST's bucket is used from the next page on.
    expect(first.asked[0]?.api).toBe('graphql');
    expect(first).toMatchObject({ customers: [], cost: { requested: 1, restoreRate: 2_000 } });
    const page = await open().sources.rest.fetch(ask(shop, first.next));
    expect(page.asked).toEqual([{ api: 'rest', cost: 1 }]);
    expect(page.cost).toEqual({ requested: 1, available: 799, maximum: 800, restoreRate: 40 });
    shop.plan = 'standard';
    const next = await open().sources.rest.fetch(ask(shop, page.next));
    expect(next.cost).toEqual({ requested: 1, available: 39, maximum: 40, restoreRate: 2 });
  });

  it('reports the bucket even when it is full', async () => {
    const shop = open().shop(600);
    const { next } = await open().sources.rest.fetch(ask(shop));
    shop.limit({ rest: { bucket: 1, perSecond: 0.001 } });
    await open().sources.rest.fetch(ask(shop, next));
    await expect(open().sources.rest.fetch(ask(shop, next))).rejects.toMatchObject({
      name: 'ShopifyUnavailable',
      retryAfterMs: 2_000,
      cost: { available: 0, maximum: 1 },
    });
  });

  it('uses the shop’s currency for money, not the currency of a customer’s last order', async () => {
    const shop = open().shop(1);
    const customer = shop.get(0);
    const { amount } = customer?.amountSpent ?? { amount: '' };
    shop.edit(customer?.id ?? '', { amountSpent: { amount, currencyCode: 'USD' } });
    const [read] = (await readAll(open().sources.rest, shop)).customers;
    expect(read?.metadata.amount_spent).toEqual({ amount, currency: 'EUR' });
  });
});

describe('GraphQL', () => {
  it('reports the bucket, and requests smaller pages for a small one', async () => {
    const shop = open().shop(1_000);
    shop.limit({ graphql: { maximumAvailable: 60, restoreRate: 1_000 } });
    const read = await readAll(open().sources.graphql, shop);
    const sizes = read.pages.map(({ ids }) => ids.length);
    expect(sizes[0]).toBe(250);
    expect(sizes[1]).toBe(125);
    expect(read.pages[0]?.cost).toMatchObject({ maximum: 60, restoreRate: 1_000 });
    expect(distinct(read.customers)).toEqual(expectedOf(shop));
  });

  it('requests ids at a lower cost', async () => {
    const shop = open().shop(250);
    const { cost } = await open().sources.graphql.fetch({ ...ask(shop), idsOnly: true });
    const { cost: whole } = await open().sources.graphql.fetch(ask(shop));
    expect(cost?.requested).toBeLessThan((whole?.requested ?? 0) / 2);
  });
});
