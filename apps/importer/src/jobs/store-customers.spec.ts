import { findRefused } from './store-customers.ts';

const all = Array.from({ length: 1_000 }, (_, n) => n);

it.each([[[]], [[0]], [[999]], [[0, 1, 500, 999]], [all]])(
  'finds the refused customers by bisection',
  async (bad) => {
    let asked = 0;
    const found = await findRefused(all, (some) => {
      asked += 1;
      return Promise.resolve(!some.some((each) => (bad as number[]).includes(each)));
    });
    expect(found).toEqual(bad);
    expect(asked).toBeLessThanOrEqual(1 + bad.length * 2 * Math.ceil(Math.log2(all.length)));
  },
);

it('finds none in an empty list', async () =>
  expect(await findRefused([], () => Promise.reject(new Error('unexpected attempt')))).toEqual([]));
