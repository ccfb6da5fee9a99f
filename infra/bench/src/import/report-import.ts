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
  rest_ceiling: [`REST pages/s / the ceiling of ${CEILING}`, '>= 0.6', '>= 0.9'],
  worst_second: ['most requests in any second / the ceiling', '<= 1.0', '<= 1.0'],
  refused: ['429 caused', '0', '0'],
  neighbors: ["another shop's rate beside a storm of 429 / alone", '>= 0.85', '>= 0.95'],
  bulk_vs_file: ['bulk source, customers/s / plain upsert from a local file', '>= 0.6', '>= 0.85'],
  upsert_vs_rows: ['page upsert, rows/s / row by row, a transaction each', '>= 6', '>= 10'],
  upsert_vs_rows_by_page: ['the same / row by row, a transaction for 250', 'none', 'none'],
  upsert_vs_copy: ['page upsert, rows/s / COPY and merge', '>= 0.5', '>= 0.7'],
  reimport_writes: ['rows written and events emitted by importing the same again', '0', '0'],
  memory_growth: ["importer's memory at the large shop / at the small one", '<= 1.5', '<= 1.2'],
} as const;

type Figure = keyof typeof FIGURES;

function importRatios(found: ImportFound): Record<Figure, number[]> {
  const { clean, rest, neighbors, bulk, file, reimportWrites, memory } = found;
  const against = (peer: UpsertSeries) =>
    clean.map((round) => round.upsert_pages.perSecond / round[peer].perSecond);
  return {
    rest_ceiling: [rest.share],
    worst_second: [rest.worstSecond / CEILING],
    refused: [rest.refused],
    neighbors: [...neighbors],
    bulk_vs_file: bulk.map((rate, n) => rate / (file[n] ?? NaN)),
    upsert_vs_rows: against('upsert_rows'),
    upsert_vs_rows_by_page: against('upsert_rows_by_page'),
    upsert_vs_copy: against('upsert_by_copy'),
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
    contestants: { key: 'series', unit: 'per second' },
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
