import { reportFigures } from '../report-figures.ts';
import type { Measured } from '../rounds.ts';
import { median } from '../stats.ts';
import type { Report } from '../suite.ts';
import type { OpenTransactionFigures } from './measure-open-transaction.ts';
import type { IdleFigures } from './idle.ts';
import type { EventSeries } from './series.ts';

export type EventRound = Record<EventSeries, Measured>;

export interface EventsFound {
  clean: readonly EventRound[];
  held: OpenTransactionFigures;
  idle: readonly IdleFigures[];
  machine: Record<string, unknown>;
  settings: Record<string, unknown>;
}

/** Description, floor and goal of each ratio. The project sets floors and goals for two cores. */
const FIGURES = {
  outbox_drain: ['events/s drained from the outbox / records/s of the bare producer', '>= 0.25', '>= 0.5'],
  write_overhead: ['write transactions/s with their event / without it', '>= 0.80', '>= 0.90'],
  rfm_batch: ['rfm.updated events applied/s in batches / one at a time', '>= 4', '>= 8'],
  latency_p50: [
    'p50 from COMMIT to consumer at 200 events/s / p50 from bare send to consumer',
    '<= 5',
    '<= 3',
  ],
  latency_p99: [
    'p99 from COMMIT to consumer at 200 events/s / p50 from bare send to consumer',
    '<= 25',
    '<= 12',
  ],
  xmin_drain: ['events/s drained with an open transaction / without it', '>= 0.7', '>= 0.95'],
  xmin_dead_rows: ['max dead rows of the outbox with an open transaction / without it', '<= 3', '<= 1.2'],
  idle_cpu_percent: ['CPU of an idle worker, % of a core', '<= 2', '<= 0.5'],
  first_after_idle_ms: ['COMMIT to consumer of the first event after idle time, ms', '<= 100', '<= 50'],
} as const;

type Figure = keyof typeof FIGURES;

/** Computes each ratio from two measurements of the same round. */
export function eventRatios({ clean, held, idle }: EventsFound): Record<Figure, number[]> {
  const rates = (one: EventSeries, other: EventSeries) =>
    clean.map((round) => round[one].perSecond / round[other].perSecond);
  const latencyRatio = (which: 'p50' | 'p99') =>
    clean.map(({ latency, bare_latency }) => (latency[which] ?? NaN) / (bare_latency.p50 ?? NaN));
  return {
    outbox_drain: rates('drain', 'bare_producer'),
    write_overhead: rates('write', 'write_without_event'),
    rfm_batch: rates('rfm_batched', 'rfm_single'),
    latency_p50: latencyRatio('p50'),
    latency_p99: latencyRatio('p99'),
    xmin_drain: held.heldRates.map((rate) => rate / median(held.freeRates)),
    // One is added on both sides, because there may be no dead rows.
    xmin_dead_rows: [(held.heldDead + 1) / (held.freeDead + 1)],
    idle_cpu_percent: idle.map(({ cpuPercent }) => cpuPercent),
    first_after_idle_ms: idle.map(({ firstAfterMs }) => firstAfterMs),
  };
}

export function reportEvents(found: EventsFound): Report {
  const { clean, held, idle, machine, settings } = found;
  return reportFigures({
    name: 'events',
    figures: FIGURES,
    values: eventRatios(found),
    clean,
    contestants: { key: 'series', unit: 'operations/s' },
    context: { before: { machine, settings }, after: { held_open: held, idle } },
  });
}
