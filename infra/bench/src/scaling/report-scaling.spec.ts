import type { Measured } from '../rounds.ts';
import type { Contestant } from './compare.ts';
import type { SizeFigures } from './measure-size.ts';
import { reportScaling } from './report-scaling.ts';
import { WORK } from './work.ts';

const measured = (perSecond: number): Measured => ({
  perSecond,
  serverUs: 0,
  databaseUs: 1,
  driverUs: 1,
  errors: {},
  steal: 0,
  others: 0,
});

/** One table reaches 100 per second, partitions 50, and a table without the index of scores 125. */
const round = Object.fromEntries([
  ...[...WORK, 'generic', 'custom'].flatMap((work) => [
    [`one_${work}`, measured(100)],
    [`parts_${work}`, measured(50)],
  ]),
  ['lean_scores', measured(125)],
]) as Record<Contestant, Measured>;

const size: SizeFigures = {
  rows: 1_000_000,
  table: 700.4,
  indexes: 600,
  byIndex: {},
  depth: { levels: 3, rowsOfLeaf: 100, childrenOfPage: 200, nextLevelAt: 4_000_000 },
  rates: { pages: [9_000, 9_100, 8_900], create: [], scores: [1], read_64: [2], read_1: [3] },
  wal: {
    pages: { records: 2_000, withWholePages: 2_500 },
    create: { records: 3, withWholePages: 4 },
    scores: { records: 5, withWholePages: 6 },
  },
  vacuum: { changed: 100_000, seconds: 2, parts: [2] },
};

const found = {
  sizes: [size],
  hot: { scores: 0, reimport: 0, rotation: 0.125 },
  lists: { merchantByBtree: 1, merchantByGin: 2, everywhereByGin: 3, everywhereByTable: 4 },
  vacuumOfParts: { changed: 100_000, seconds: 3, parts: [1, 1, 1] },
  removal: {
    merchant: { rows: 15_625, deleteSeconds: 1, vacuumSeconds: 2 },
    partition: { rows: 62_500, deleteSeconds: 3, vacuumSeconds: 4 },
    dropSeconds: 0.01,
  },
  machine: {},
  settings: { compared_at: 1_000_000 },
};

it('reports partitions relative to one table, and the index of scores relative to a table without it', () => {
  const { ratios, verdict } = reportScaling({ ...found, clean: [round, round, round] });
  expect(ratios).toMatchObject({ partitions_read_1: 0.5, partitions_custom: 0.5, index_of_scores: 0.8 });
  expect(verdict).toBe('3 clean rounds');
});

it('reports no ratios for fewer than three rounds', () =>
  expect(reportScaling({ ...found, clean: [round, round] }).ratios).toEqual({}));

it('shows each size, and the time of VACUUM per million rows', () => {
  const { document, tables } = reportScaling({ ...found, clean: [round, round, round] });
  expect(document).toBe('docs/scaling.md');
  expect(tables[0]?.[0]).toMatchObject({
    customers: '1,000,000',
    'customers imported/s': '9000 (8900-9100)',
    'customers created/s': '-',
    'table, bytes/customer': '700',
    'WAL of imports, bytes/customer': '2,000-2,500',
  });
  expect(tables[1]?.[0]).toMatchObject({
    'next level at, customers': '4,000,000',
    'VACUUM, s per million customers': '2',
  });
  const young = { ...size, depth: { ...size.depth, childrenOfPage: NaN, nextLevelAt: NaN } };
  const { tables: early } = reportScaling({ ...found, sizes: [young], clean: [] });
  expect(early[1]?.[0]).toMatchObject({ 'children per inner page': '-', 'next level at, customers': '-' });
  expect(tables.at(-1)).toContainEqual({
    'at 1,000,000 customers': 'updates by a key rotation that are HOT',
    value: '12.5 %',
  });
});
