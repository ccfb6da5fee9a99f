import { reportFigures } from '../report-figures.ts';
import type { Measured } from '../rounds.ts';
import { rounded } from '../stats.ts';
import type { Report } from '../suite.ts';
import { CEILING, type RestCeiling } from './rest-ceiling.ts';
import type { UpsertSeries } from './series.ts';

export interface ImportFound {
  clean: readonly Record<UpsertSeries, Measured>[];
  rest: RestCeiling;
  neighbors: readonly number[];
  /** Customers per second, one entry per round. */
  bulk: readonly number[];
  file: readonly number[];
  reimportWrites: number;
  /** Peak memory in bytes. */
  memory: { small: number; large: number };
  machine: Record<string, unknown>;
  settings: Record<string, unknown>;
}

/** Description, floor and goal of each ratio. The project sets floors and goals for two cores. */
const FIGURES = {
  rest_ceiling: [`REST pages/s / limit of ${CEILING} requests/s`, '>= 0.6', '>= 0.9'],
  worst_second: [`max requests in any second / limit of ${CEILING}`, '<= 1.0', '<= 1.0'],
  refused: ['requests refused with 429', '0', '0'],
  neighbors: ['customers/s of a shop while another shop answers 429 / alone', '>= 0.85', '>= 0.95'],
  bulk_vs_file: ['customers/s of a bulk import / plain upsert from a local file', '>= 0.6', '>= 0.85'],
  upsert_vs_rows: ['rows/s, upsert by page / row by row, 1 row per transaction', '>= 6', '>= 10'],
  upsert_vs_rows_by_page: ['rows/s, upsert by page / row by row, 250 rows per transaction', 'none', 'none'],
  upsert_vs_copy: ['rows/s, upsert by page / COPY and merge', '>= 0.5', '>= 0.7'],
  reimport_writes: ['rows and events written by a second import of the same data', '0', '0'],
  memory_growth: ['peak memory of the importer, large shop / small shop', '<= 1.5', '<= 1.2'],
} as const;

type Figure = keyof typeof FIGURES;

function importRatios(found: ImportFound): Record<Figure, number[]> {
  const { clean, rest, neighbors, bulk, file, reimportWrites, memory } = found;
  const ratioTo = (peer: UpsertSeries) =>
    clean.map((round) => round.upsert_pages.perSecond / round[peer].perSecond);
  return {
    rest_ceiling: [rest.share],
    worst_second: [rest.worstSecond / CEILING],
    refused: [rest.refused],
    neighbors: [...neighbors],
    bulk_vs_file: bulk.map((rate, n) => rate / (file[n] ?? NaN)),
    upsert_vs_rows: ratioTo('upsert_rows'),
    upsert_vs_rows_by_page: ratioTo('upsert_rows_by_page'),
    upsert_vs_copy: ratioTo('upsert_by_copy'),
    reimport_writes: [reimportWrites],
    memory_growth: [memory.large / memory.small],
  };
}

export function reportImport(found: ImportFound): Report {
  const { clean, machine, settings, rest, memory, bulk, file } = found;
  return reportFigures({
    name: 'import',
    figures: FIGURES,
    values: importRatios(found),
    clean,
    contestants: { key: 'series', unit: 'operations/s' },
    context: {
      before: { machine, settings },
      after: {
        rest_ceiling: rest,
        bulk_customers_per_second: bulk.map(rounded),
        file_customers_per_second: file.map(rounded),
        memory_bytes: memory,
      },
    },
  });
}
