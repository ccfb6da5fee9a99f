import type { GraphqlRequest, ShopClient } from '../client/shop-client.ts';
import { planRanges } from './partition-range.ts';

const BASE = Date.parse('2020-01-01T00:00:00Z') / 1000;
const DAY = 86_400;
const iso = (seconds: number) => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');

/** A shop that knows when its customers were created and answers the queries of planRanges. */
function shopOf(created: number[]) {
  const requests: GraphqlRequest[] = [];
  const sorted = [...created].sort((a, b) => a - b);
  const countOf = (search: string) => {
    const bound = (sign: string) => {
      const [, time] = new RegExp(`created_at:${sign}'([^']+)'`).exec(search) ?? [];
      return time === undefined ? null : Date.parse(time) / 1000;
    };
    const [from, to] = [bound('>=') ?? -Infinity, bound('<') ?? Infinity];
    return sorted.filter((time) => time >= from && time < to).length;
  };
  const graphql: ShopClient['graphql'] = (request) => {
    requests.push(request);
    const counts = [...request.document.matchAll(/(c\d+): customersCount\(query: "([^"]*)"/g)];
    const at = (time: number | undefined) => ({
      nodes: time === undefined ? [] : [{ createdAt: iso(time) }],
    });
    const data =
      counts.length > 0
        ? Object.fromEntries(counts.map(([, name = '', search = '']) => [name, { count: countOf(search) }]))
        : { oldest: at(sorted[0]), newest: at(sorted.at(-1)) };
    return Promise.resolve({ data, cost: null });
  };
  const plan = (slices: number, range = {}) =>
    planRanges({ graphql }, { range, count: created.length, slices });
  return { requests, plan };
}

const sizesOf = (created: number[], ranges: { createdFrom?: string; createdTo?: string }[]) =>
  ranges.map(
    ({ createdFrom, createdTo }) =>
      created.filter(
        (time) =>
          (createdFrom === undefined || time >= Date.parse(createdFrom) / 1000) &&
          (createdTo === undefined || time < Date.parse(createdTo) / 1000),
      ).length,
  );

const evenly = Array.from({ length: 8_000 }, (_, i) => BASE + i * 150);
const growing = Array.from(
  { length: 8_000 },
  (_, i) => BASE + Math.round(1_500 * DAY * Math.sqrt(i / 8_000)),
);
const migratedInADay = [
  ...Array.from({ length: 7_000 }, (_, i) => BASE + 900 * DAY + i * 5),
  ...Array.from({ length: 1_000 }, (_, i) => BASE + i * DAY),
];
const SECOND = BASE + 900 * DAY;
const migratedInASecond = [
  ...Array.from({ length: 7_000 }, () => SECOND),
  ...Array.from({ length: 1_000 }, (_, i) => BASE + i * DAY),
];

describe('planRanges', () => {
  it.each([
    ['distributed evenly', evenly],
    ['increasing over time', growing],
    ['mostly on one day', migratedInADay],
  ])('makes slices of about equal size when creation dates are %s', async (_how, created) => {
    const { plan, requests } = shopOf(created);
    const ranges = await plan(8);
    const sizes = sizesOf(created, ranges);
    expect(ranges).toHaveLength(8);
    expect(sizes.reduce((a, b) => a + b)).toBe(8_000);
    expect(Math.max(...sizes)).toBeLessThan(1_600);
    expect(requests.length).toBeLessThanOrEqual(7);
  });

  it('isolates a second with most of the customers', async () => {
    const { plan, requests } = shopOf(migratedInASecond);
    const ranges = await plan(8);
    const sizes = sizesOf(migratedInASecond, ranges);
    expect(sizes.reduce((a, b) => a + b)).toBe(8_000);
    expect(Math.max(...sizes)).toBeLessThan(7_600);
    expect(requests.length).toBeLessThanOrEqual(7);
  });

  it('does not split a shop that was created in one second', async () => {
    expect(await shopOf(Array.from({ length: 5_000 }, () => SECOND)).plan(8)).toEqual([{}]);
  });

  it('covers the range with adjacent slices', async () => {
    const range = { createdFrom: '2019-01-01T00:00:00Z', updatedFrom: '2020-01-01T00:00:00Z' };
    const ranges = await shopOf(evenly).plan(4, range);
    expect(ranges).toHaveLength(4);
    expect(ranges[0]?.createdFrom).toBe(range.createdFrom);
    expect(ranges.at(-1)?.createdTo).toBeUndefined();
    for (const [i, slice] of ranges.entries()) {
      expect(slice.updatedFrom).toBe(range.updatedFrom);
      if (i > 0) expect(slice.createdFrom).toBe(ranges[i - 1]?.createdTo);
    }
  });

  it.each([
    [1, evenly],
    [8, evenly.slice(0, 250)],
    [8, []],
  ])('sends no request for %p slices of a range that is a single page or slice', async (slices, created) => {
    const { plan, requests } = shopOf(created);
    expect(await plan(slices)).toEqual([{}]);
    expect(requests).toEqual([]);
  });

  it('makes at most as many slices as pages', async () => {
    expect(await shopOf(evenly.slice(0, 600)).plan(8)).toHaveLength(3);
  });
});
