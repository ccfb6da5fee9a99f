import { randomBytes } from 'node:crypto';
import type { CustomerRange } from '../src/sources/search-range.ts';
import { CursorLost, ShopifyRejected, ShopifyUnavailable, Unauthorized } from '../src/answers/errors.ts';
import type { FaultKind } from '@core/shopify-stand-in';
import {
  ask,
  distinct,
  expected,
  expectedOf,
  numberOf,
  useSources,
  readAll,
  type SourcePage,
} from './sources-driver.ts';

const seed = randomBytes(4).toString('hex');

/** Requirements of every source. Each source has a separate spec as well. */
describe.each(['graphql', 'rest', 'bulk'] as const)(`the source %s (seed ${seed})`, (name) => {
  const open = useSources(seed);
  const source = () => open().sources[name];
  const paged = name !== 'bulk';

  it('reads every customer once, with all fields', async () => {
    const shop = open().shop(1_130);
    const all = expectedOf(shop, name);
    expect(all.some(({ email }) => email === null)).toBe(true);
    const read = await readAll(source(), shop);
    expect(read.customers).toHaveLength(all.length);
    expect(distinct(read.customers)).toEqual(all);
    expect(read.ids.sort((a, b) => a - b)).toEqual([...shop.all()].map(numberOf));
    expect(read.errors).toEqual([]);
  });

  it('reads an empty shop, and a shop with one page', async () => {
    expect((await readAll(source(), open().shop(0))).ids).toEqual([]);
    const shop = open().shop(250);
    expect(distinct((await readAll(source(), shop)).customers)).toEqual(expectedOf(shop, name));
  });

  it('reads only ids', async () => {
    const shop = open().shop(600);
    const read = await readAll(source(), shop, { idsOnly: true });
    expect(read.customers).toEqual([]);
    expect(read.ids.sort((a, b) => a - b)).toEqual([...shop.all()].map(numberOf));
  });

  it('reads adjacent ranges without a gap or an overlap: the start is inclusive, the end exclusive', async () => {
    const shop = open().shop(900);
    const at = (index: number) => shop.get(index)?.createdAt;
    const cuts = [at(1), at(300), at(301), at(899)];
    const ranges = [undefined, ...cuts].map((from, i): CustomerRange => ({
      ...(from !== undefined && { createdFrom: from }),
      ...(cuts[i] !== undefined && { createdTo: cuts[i] }),
    }));
    const sizes = [];
    const seen = [];
    for (const range of ranges) {
      const { ids, customers } = await readAll(source(), shop, { range });
      sizes.push(ids.length);
      seen.push(...customers);
    }
    expect(sizes).toEqual([1, 299, 1, 598, 1]);
    expect(distinct(seen)).toEqual(expectedOf(shop, name));
  });

  it('reads no customers in a range before the first or after the last one', async () => {
    const shop = open().shop(300);
    const first = shop.get(0)?.createdAt as string;
    expect((await readAll(source(), shop, { range: { createdTo: first } })).ids).toEqual([]);
    const range = { createdFrom: '2099-01-01T00:00:00Z' };
    expect((await readAll(source(), shop, { range })).ids).toEqual([]);
  });

  it('reads customers updated since a time', async () => {
    const shop = open().shop(700);
    const edited = [3, 333, 699].map((index) => shop.get(index)?.id as string);
    for (const id of edited) shop.edit(id, { tags: ['b', 'a'], numberOfOrders: '7' });
    const updatedFrom = shop.find(edited[0] as string)?.updatedAt as string;
    const read = await readAll(source(), shop, { range: { updatedFrom } });
    expect(distinct(read.customers)).toEqual(
      [...shop.all()]
        .filter((customer) => customer.updatedAt >= updatedFrom)
        .map((customer) => expected(customer, name)),
    );
    expect(read.ids).toEqual(expect.arrayContaining(edited.map((id) => numberOf({ id }))));
  });

  it('reads each customer once while customers are edited and deleted', async () => {
    const shop = open().shop(1_300);
    const all = [...shop.all()];
    const gone = all[20]?.id as string;
    const read = await readAll(source(), shop, {
      onPage: ({ ids }) => {
        if (ids.length === 0 || !shop.find(gone)) return;
        shop.remove(gone);
        for (const index of [0, 10, 249, 250, 700]) shop.edit(all[index]?.id as string, { tags: ['edited'] });
      },
    });
    expect(shop.find(gone)).toBeUndefined();
    expect(read.ids.sort((a, b) => a - b)).toEqual(all.map(numberOf));
  });

  // An error reply of Shopify is distinguished from a missing reply: the merchant sees which one it was.
  it.each<[FaultKind, string]>([
    ['truncate', 'ShopifyUnavailable'],
    ['drop', 'ShopifyUnavailable'],
    ['http500', 'UnusableAnswer'],
    ['http503', 'UnusableAnswer'],
    ['http429', 'ShopifyUnavailable'],
    ['http429-bare', 'ShopifyUnavailable'],
  ])('recovers from %s', async (kind, error) => {
    const shop = open().shop(1_000);
    const read = await readAll(source(), shop, {
      onPage: (_page, number) => {
        if (number === 1) shop.fault({ kind });
      },
    });
    expect(read.errors).toEqual([error]);
    expect(distinct(read.customers)).toEqual(expectedOf(shop, name));
    expect(read.ids).toHaveLength(1_000);
  });

  it('returns the delay that Shopify requires', async () => {
    const shop = open().shop(10);
    shop.fault({ kind: 'http429' });
    await expect(source().fetch(ask(shop))).rejects.toMatchObject({ retryAfterMs: 2_000 });
  });

  it('does not wait for an answer indefinitely', async () => {
    const shop = open().shop(10);
    shop.fault({ kind: 'hang' });
    await expect(open().impatient(500)[name].fetch(ask(shop))).rejects.toThrow(ShopifyUnavailable);
  });

  it('stops immediately when its signal is aborted', async () => {
    const shop = open().shop(10);
    shop.fault({ kind: 'hang' });
    const stopping = new AbortController();
    const reading = source().fetch({ ...ask(shop), signal: stopping.signal });
    stopping.abort(new Error('stopping'));
    await expect(reading).rejects.toThrow('stopping');
  });

  it('reports a refused token, and continues with another', async () => {
    const shop = open().shop(600);
    const { next } = await source().fetch(ask(shop));
    const { accessToken } = shop.tokens.issue();
    shop.tokens.expire();
    await expect(source().fetch(ask(shop, next))).rejects.toThrow(Unauthorized);
    shop.accessToken = accessToken;
    await expect(source().fetch({ ...ask(shop, next), accessToken })).resolves.toBeDefined();
  });

  it.each([
    ['none', /level 1, and level 2 for the field email/],
    ['no-fields', /level 2, for the field email/],
  ] as const)('names the approval to request when the app has %s', async (approval, words) => {
    const shop = open().shop(300);
    shop.approval = approval;
    const reading = readAll(source(), shop);
    await expect(reading).rejects.toThrow(ShopifyRejected);
    await expect(reading).rejects.toThrow(words);
  });

  it('ends even if a page links to itself or to an earlier page', async () => {
    const shop = open().shop(1_600);
    shop.fault({ kind: 'repeat-cursor', times: 2 });
    shop.fault({ kind: 'loop-cursor' });
    const read = await readAll(source(), shop);
    expect(distinct(read.customers)).toEqual(expectedOf(shop, name));
    expect(read.errors).toEqual(paged ? ['ShopifyUnavailable', 'ShopifyUnavailable', 'CursorLost'] : []);
  });

  it.each([3, 5])('ends even if %d pages form a loop, and stores no ids', async (pages) => {
    const shop = open().shop(3_000);
    shop.fault({ kind: 'loop-cursor', pages, times: 2 });
    const ids = [...shop.all()].map(numberOf);
    const read = await readAll(source(), shop, {
      onPage: ({ next }) => {
        // Shopify's own cursor is left unchanged, so it is not checked.
        const ours = (next ?? '').replace(/"at":"[^"]*"/, '');
        expect(ids.filter((id) => ours.includes(String(id)))).toEqual([]);
      },
    });
    expect(distinct(read.customers)).toEqual(expectedOf(shop, name));
    expect(read.errors).toEqual(paged ? [CursorLost.name] : []);
  });

  it('restarts when Shopify no longer accepts its cursor', async () => {
    const shop = open().shop(1_000);
    const read = await readAll(source(), shop, {
      onPage: (_page, number) => {
        // The first page of a bulk source has started an operation, whose file exists by now or soon.
        if (number !== 2) return;
        shop.expireCursors();
        shop.bulk.expire();
      },
    });
    expect(read.errors).toEqual(paged ? [CursorLost.name] : []);
    expect(distinct(read.customers)).toEqual(expectedOf(shop, name));
  });

  it('continues in another process with only the cursor', async () => {
    const shop = open().shop(4_500);
    const one: number[] = [];
    let cursor: string | null = null;
    for (let i = 0; i < 3; i++) {
      const page: SourcePage = await source().fetch(ask(shop, cursor));
      one.push(...page.ids);
      cursor = page.next;
    }
    const other = await readAll(open().impatient(60_000)[name], shop, { cursor });
    expect([...one, ...other.ids].sort((a, b) => a - b)).toEqual([...shop.all()].map(numberOf));
  });
});

describe('all three', () => {
  const open = useSources(seed);

  it('return the same data for a customer, except the RFM group, which REST does not have', async () => {
    const shop = open().shop(300);
    const { graphql, rest, bulk } = open().sources;
    const [one, two, three] = [
      await readAll(graphql, shop),
      await readAll(rest, shop),
      await readAll(bulk, shop),
    ].map(({ customers }) => distinct(customers));
    expect(one).toEqual(expectedOf(shop));
    expect(two).toEqual(expectedOf(shop, 'rest'));
    expect(three).toEqual(one);
  });
});
