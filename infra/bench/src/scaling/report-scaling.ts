import type { Rows } from '@core/testing';
import { reportFigures } from '../report-figures.ts';
import type { Measured } from '../rounds.ts';
import { median, rounded, withSpread } from '../stats.ts';
import type { Report } from '../suite.ts';
import { PARTITIONS, type Contestant } from './compare.ts';
import type { HotShares, ListTimes } from './hot-indexes.ts';
import type { SizeFigures, Writing } from './measure-size.ts';
import type { RemovalFigures } from './removal.ts';
import type { VacuumFigures } from './table-figures.ts';
import type { Work } from './work.ts';

export interface ScalingFound {
  sizes: readonly SizeFigures[];
  clean: readonly Record<Contestant, Measured>[];
  hot: HotShares;
  lists: ListTimes;
  vacuumOfParts: VacuumFigures;
  removal: RemovalFigures;
  machine: Record<string, unknown>;
  settings: Record<string, unknown>;
}

const NONE = ['none', 'none'] as const;
const FIGURES = {
  partitions_read_1: [`scores/s one by one, ${PARTITIONS} partitions / one table`, ...NONE],
  partitions_read_64: ['the same, 64 to a statement', ...NONE],
  partitions_pages: ['new customers/s, 250 to a page', ...NONE],
  partitions_create: ['CreateCustomer/s', ...NONE],
  partitions_scores: ['score updates/s, 500 to a transaction', ...NONE],
  partitions_generic: ['a prepared read by key, one plan for any values', ...NONE],
  partitions_custom: ['the same, planned for the values of each read', ...NONE],
  index_of_scores: ['score updates/s with the GIN index of scores / without', ...NONE],
} as const;

const ratioOf = (clean: ScalingFound['clean'], above: Contestant, below: Contestant): number[] =>
  clean.map((round) => round[above].perSecond / round[below].perSecond);

export function reportScaling(found: ScalingFound): Report {
  const { clean, sizes, hot, lists, vacuumOfParts, removal, machine, settings } = found;
  const partitions = (work: Work | 'generic' | 'custom') => ratioOf(clean, `parts_${work}`, `one_${work}`);
  const report = reportFigures({
    name: 'scaling',
    figures: FIGURES,
    values: {
      partitions_read_1: partitions('read_1'),
      partitions_read_64: partitions('read_64'),
      partitions_pages: partitions('pages'),
      partitions_create: partitions('create'),
      partitions_scores: partitions('scores'),
      partitions_generic: partitions('generic'),
      partitions_custom: partitions('custom'),
      index_of_scores: ratioOf(clean, 'one_scores', 'lean_scores'),
    },
    clean,
    contestants: { key: 'contestants', unit: 'per second' },
    context: {
      before: { machine, settings },
      after: { sizes, hot_shares: hot, lists_ms: lists, vacuum_of_partitions: vacuumOfParts, removal },
    },
  });
  return {
    ...report,
    document: 'docs/scaling.md',
    tables: [sizesTable(sizes), indexesTable(sizes), ...report.tables.slice(0, 1), onceTable(found)],
  };
}

const thousands = (value: number): string =>
  Number.isNaN(value) ? '-' : Math.round(value).toLocaleString('en');

function sizesTable(sizes: readonly SizeFigures[]): Rows {
  const rate = (size: SizeFigures, work: Work) =>
    size.rates[work].length === 0 ? '-' : withSpread(size.rates[work]);
  const log = ({ wal }: SizeFigures, work: Writing) =>
    `${thousands(wal[work].records)}-${thousands(wal[work].withWholePages)}`;
  return sizes.map((size) => ({
    customers: thousands(size.rows),
    'imported/s': rate(size, 'pages'),
    'created/s': rate(size, 'create'),
    'scores stored/s': rate(size, 'scores'),
    'scores read/s, by 64': rate(size, 'read_64'),
    'one by one': rate(size, 'read_1'),
    'bytes each: table': thousands(size.table),
    indexes: thousands(size.indexes),
    'WAL each: imported': log(size, 'pages'),
    created: log(size, 'create'),
    score: log(size, 'scores'),
  }));
}

function indexesTable(sizes: readonly SizeFigures[]): Rows {
  return sizes.map(({ rows, depth, vacuum }) => ({
    customers: thousands(rows),
    'levels of the key': String(depth.levels),
    'rows of a leaf': thousands(depth.rowsOfLeaf),
    'children of a page': thousands(depth.childrenOfPage),
    'one level more at': thousands(depth.nextLevelAt),
    'rows changed': thousands(vacuum.changed),
    'VACUUM, s': String(rounded(vacuum.seconds)),
    's for a million': String(rounded((1e6 * vacuum.seconds) / rows)),
  }));
}

/** The figures that are measured only once, outside of the alternating rounds. */
function onceTable({ hot, lists, vacuumOfParts, removal, settings }: ScalingFound): Rows {
  const row = (what: string, value: string) => ({
    [`at ${thousands(Number(settings['compared_at']))} customers`]: what,
    value,
  });
  const percent = (share: number) => `${rounded(100 * share)} %`;
  const seconds = (value: number) => `${rounded(value)} s`;
  const { merchant, partition } = removal;
  return [
    row('updates of scores that touch no index (HOT)', percent(hot.scores)),
    row('the same of imports that change a customer', percent(hot.reimport)),
    row('the same of a key rotation', percent(hot.rotation)),
    row('50 customers of a segment of one merchant, by its index', `${rounded(lists.merchantByBtree)} ms`),
    row('the same by the index of scores', `${rounded(lists.merchantByGin)} ms`),
    row('a rare score of all merchants, by the index of scores', `${rounded(lists.everywhereByGin)} ms`),
    row('the same without it', `${rounded(lists.everywhereByTable)} ms`),
    row(
      `VACUUM of ${PARTITIONS} partitions, ${thousands(vacuumOfParts.changed)} rows changed`,
      seconds(vacuumOfParts.seconds),
    ),
    row('the median of one of them', seconds(median(vacuumOfParts.parts))),
    row(`DELETE of a merchant (${thousands(merchant.rows)} rows)`, seconds(merchant.deleteSeconds)),
    row('VACUUM after it', seconds(merchant.vacuumSeconds)),
    row(
      `DELETE of the merchants of a partition (${thousands(partition.rows)} rows)`,
      seconds(partition.deleteSeconds),
    ),
    row('VACUUM after it', seconds(partition.vacuumSeconds)),
    row('DROP of that partition', seconds(removal.dropSeconds)),
  ];
}
