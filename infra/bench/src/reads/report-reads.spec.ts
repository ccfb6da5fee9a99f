import type { Measured } from '../rounds.ts';
import type { ReplicaLoss } from './replica-loss.ts';
import { ratiosOf, reportReads, type ReadsFound, type Round } from './report-reads.ts';

const measured = (perSecond: number, p50 = 1): Measured => ({
  perSecond,
  p50,
  p99: 2,
  serverUs: 1,
  databaseUs: 1,
  driverUs: 1,
  steal: 0,
  others: 0,
  errors: {},
});

/** @param speed of the machine in that round: it scales every figure, and therefore no ratio */
const round = (speed: number): Round => ({
  ours: measured(10_000 * speed),
  go: measured(12_500 * speed),
  go_batched: measured(20_000 * speed),
  stock: measured(2_000 * speed),
  pgbench: measured(40_000 * speed),
  echo: measured(20_000 * speed),
  ours_unbatched: measured(5_000 * speed),
  ours_batch_get: measured(1_000 * speed),
  ours_segment_page: measured(1_000 * speed),
  ours_single: measured(1_000 * speed, 1.1),
  ours_unbatched_single: measured(1_000 * speed, 1),
});

const latencies = (p99: number, failed = 0) => ({ count: 1_000, failed, p50: 1, p95: 1, p99, max: 20 });
const loss = (before: number, after: number, failed = 0): ReplicaLoss => ({
  before: latencies(before),
  after: latencies(after, failed),
  p99: [],
  errors: {},
  steal: 0,
  others: 0,
});

const found = (rounds: number): ReadsFound => ({
  clean: [0.5, 1, 0.8, 1.2, 1].slice(0, rounds).map(round),
  times: { segmentPage: 0.08, pointRead: 0.02 },
  losses: [loss(2, 3), loss(2, 4, 1), loss(2, 2)],
  served: [500, 520],
  machine: {},
  settings: {},
});

it('divides within a round, so that a slow round affects both sides', () =>
  expect(ratiosOf(found(5)).go_peer).toEqual([0.8, 0.8, 0.8, 0.8, 0.8]));

it('reports the medians under the documented names', () => {
  const { ratios, context, tables } = reportReads(found(5));
  expect(ratios).toEqual({
    go_peer: 0.8,
    go_peer_batched: 0.5,
    stock_peer: 5,
    pgbench: 0.25,
    batch_get: 10,
    p50_single: 1.1,
    p99_replica_loss: 1.5,
    segment_page: 4,
  });
  expect(context['replica_loss']).toMatchObject({ failed_calls: 1 });
  expect(tables[0]?.find(({ figure }) => figure?.includes('p99_replica_loss'))?.['median (min-max)']).toBe(
    '1.5 (1-2), 1 failed calls',
  );
});

it('reports no ratios when too few rounds were clean', () => {
  const { ratios, verdict } = reportReads(found(2));
  expect(ratios).toEqual({});
  expect(verdict).toContain('no verdict: 2 clean rounds');
});
