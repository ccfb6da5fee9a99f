import { createPageTokens } from './page-token.ts';
import { keysetPage } from './keyset-page.ts';

const pages = { pageTokens: createPageTokens([Buffer.alloc(32, 1)]) };
const list = ['numbers', 'merchant'];

/** One page of the numbers 1 to `count`, as a list reads and cuts it. */
function pageOf(count: number, pageSize: number, pageToken = '', units?: number) {
  const page = keysetPage<[string]>(pages, list, { pageSize, pageToken });
  const [after = '0'] = page.after ?? [];
  const rows = Array.from({ length: count }, (_, n) => ({ n: n + 1, ...(units !== undefined && { units }) }));
  const read = rows.filter(({ n }) => n > Number(after)).slice(0, page.most);
  const { rows: cut, nextPageToken } = page.cut(read, ({ n }) => [String(n)]);
  return { numbers: cut.map(({ n }) => n), nextPageToken };
}

function allPages(count: number, pageSize: number, units?: number): number[][] {
  const all: number[][] = [];
  let pageToken = '';
  do {
    const page = pageOf(count, pageSize, pageToken, units);
    all.push(page.numbers);
    pageToken = page.nextPageToken;
  } while (pageToken);
  return all;
}

it.each([
  [0, [[]]],
  [1, [[1]]],
  [2, [[1, 2]]],
  [3, [[1, 2], [3]]],
  [
    4,
    [
      [1, 2],
      [3, 4],
    ],
  ],
])('returns %p rows in pages of two, without an empty page after them', (count, expected) => {
  expect(allPages(count, 2)).toEqual(expected);
});

it('has 100 rows by default, and at most 1,000', () => {
  expect(pageOf(2_000, 0).numbers).toHaveLength(100);
  expect(pageOf(2_000, 5_000).numbers).toHaveLength(1_000);
});

it('ends a page at its byte limit, with a token for the rest', () => {
  // Each row fills most of a page.
  expect(allPages(3, 10, 2_000)).toEqual([[1], [2], [3]]);
});

it('refuses the token of another list', () => {
  const { nextPageToken } = pageOf(3, 2);
  expect(() => keysetPage(pages, ['numbers', 'stranger'], { pageSize: 2, pageToken: nextPageToken })).toThrow(
    expect.objectContaining({ kind: 'invalid_argument', field: 'page_token' }) as Error,
  );
});
