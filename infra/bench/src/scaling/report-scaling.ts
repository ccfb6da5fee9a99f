import type { Rows } from '@core/testing';
import { reportFigures } from '../report-figures.ts';
import type { Measured } from '../rounds.ts';
import { median, rounded, withSpread } from '../stats.ts';
import type { Report } from '../suite.ts';
import { PARTITIONS, type Contestant } from './compare.ts';
import type { HotShares, ListTimes } from './hot-indexes.ts';
import type { SizeFigures, WriteWork } from './measure-size.ts';
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
const PARTITIONED_TO_ONE = `${PARTITIONS} partitions / one table`;
const FIGURES = {
  partitions_read_1: [`scores read/s, 1 per statement, ${PARTITIONED_TO_ONE}`, ...NONE],
  partitions_read_64: [`scores read/s, 64 per statement, ${PARTITIONED_TO_ONE}`, ...NONE],
  partitions_pages: [`customers imported/s, 250 per page, ${PARTITIONED_TO_ONE}`, ...NONE],
  partitions_create: [`customers created/s, ${PARTITIONED_TO_ONE}`, ...NONE],
  partitions_scores: [`scores stored/s, 500 per transaction, ${PARTITIONED_TO_ONE}`, ...NONE],
  partitions_generic: [`prepared reads/s by key, generic plan, ${PARTITIONED_TO_ONE}`, ...NONE],
  partitions_custom: [`prepared reads/s by key, custom plans, ${PARTITIONED_TO_ONE}`, ...NONE],
  index_of_scores: ['scores stored/s with the GIN index of scores / without it', ...NONE],
} as const;

const ratioOf = (clean: ScalingFound['clean'], numerator: Contestant, denominator: Contestant): number[] =>
  clean.map((round) => round[numerator].perSecond / round[denominator].perSecond);

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
    contestants: { key: 'contestants', unit: 'operations/s' },
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
  const log = ({ wal }: SizeFigures, work: WriteWork) =>
    `${thousands(wal[work].records)}-${thousands(wal[work].withWholePages)}`;
  return sizes.map((size) => ({
    customers: thousands(size.rows),
    'customers imported/s': rate(size, 'pages'),
    'customers created/s': rate(size, 'create'),
    'scores stored/s': rate(size, 'scores'),
    'scores read/s, 64 per statement': rate(size, 'read_64'),
    'scores read/s, 1 per statement': rate(size, 'read_1'),
    'table, bytes/customer': thousands(size.table),
    'indexes, bytes/customer': thousands(size.indexes),
    'WAL of imports, bytes/customer': log(size, 'pages'),
    'WAL of creations, bytes/customer': log(size, 'create'),
    'WAL of scores, bytes/customer': log(size, 'scores'),
  }));
}

function indexesTable(sizes: readonly SizeFigures[]): Rows {
  return sizes.map(({ rows, depth, vacuum }) => ({
    customers: thousands(rows),
    'levels of the key index': String(depth.levels),
    'rows per leaf page': thousands(depth.rowsOfLeaf),
    'children per inner page': thousands(depth.childrenOfPage),
    'next level at, customers': thousands(depth.nextLevelAt),
    'rows changed before VACUUM': thousands(vacuum.changed),
    'VACUUM, s': String(rounded(vacuum.seconds)),
    'VACUUM, s per million customers': String(rounded((1e6 * vacuum.seconds) / rows)),
  }));
}

const LIST_OF_MERCHANT = '50 customers of a segment of one merchant';

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
    row('score updates that are HOT (write no index)', percent(hot.scores)),
    row('updates by imports that are HOT', percent(hot.reimport)),
    row('updates by a key rotation that are HOT', percent(hot.rotation)),
    row(`${LIST_OF_MERCHANT}, by its B-tree index`, `${rounded(lists.merchantByBtree)} ms`),
    row(`${LIST_OF_MERCHANT}, by the GIN index of scores`, `${rounded(lists.merchantByGin)} ms`),
    row(
      'count of a rare score of all merchants, by the GIN index of scores',
      `${rounded(lists.everywhereByGin)} ms`,
    ),
    row(
      'count of a rare score of all merchants, by a sequential scan',
      `${rounded(lists.everywhereByTable)} ms`,
    ),
    row(
      `VACUUM of all ${PARTITIONS} partitions, ${thousands(vacuumOfParts.changed)} rows changed`,
      seconds(vacuumOfParts.seconds),
    ),
    row('VACUUM of one partition, median', seconds(median(vacuumOfParts.parts))),
    row(`DELETE of one merchant (${thousands(merchant.rows)} rows)`, seconds(merchant.deleteSeconds)),
    row('VACUUM after DELETE of one merchant', seconds(merchant.vacuumSeconds)),
    row(
      `DELETE of all merchants of one partition (${thousands(partition.rows)} rows)`,
      seconds(partition.deleteSeconds),
    ),
    row('VACUUM after DELETE of all merchants of one partition', seconds(partition.vacuumSeconds)),
    row('DROP of one partition', seconds(removal.dropSeconds)),
  ];
}
