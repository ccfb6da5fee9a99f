import type { Measured } from '../rounds.ts';
import { reportEvents, type EventRound, type EventsFound } from './report-events.ts';

const measured = (perSecond: number, p50 = 1, p99 = 2): Measured => ({
  perSecond,
  p50,
  p99,
  serverUs: 1,
  databaseUs: 1,
  driverUs: 1,
  steal: 0,
  others: 0,
  errors: {},
});

/** @param speed of the machine in that round: it scales every figure, and therefore no ratio */
const round = (speed: number): EventRound => ({
  drain: measured(5_000 * speed),
  bare_producer: measured(10_000 * speed),
  write: measured(900 * speed),
  write_without_event: measured(1_000 * speed),
  rfm_batched: measured(8_000 * speed),
  rfm_single: measured(1_000 * speed),
  latency: measured(200, 6, 20),
  bare_latency: measured(200, 2, 9),
});

const found = (rounds: number): EventsFound => ({
  clean: [0.5, 1, 0.8, 1.2, 1].slice(0, rounds).map(round),
  held: { freeRates: [100, 100, 100], heldRates: [90, 80, 70], freeDead: 9, heldDead: 19, passed: 1 },
  idle: [1, 3, 2].map((n) => ({ cpuPercent: n / 10, firstAfterMs: 10 * n })),
  machine: {},
  settings: {},
});

it('reports the medians under the documented names', () => {
  expect(reportEvents(found(5)).ratios).toEqual({
    outbox_drain: 0.5,
    write_overhead: 0.9,
    rfm_batch: 8,
    latency_p50: 3,
    latency_p99: 10,
    xmin_drain: 0.8,
    xmin_dead_rows: 2,
    idle_cpu_percent: 0.2,
    first_after_idle_ms: 20,
  });
});

it('reports no ratios when too few rounds were clean', () => {
  const { ratios, verdict } = reportEvents(found(2));
  expect(ratios).toEqual({});
  expect(verdict).toContain('no verdict: 2 clean rounds');
});
