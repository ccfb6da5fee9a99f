import { reportFigures } from '../report-figures.ts';
import { MIN_CLEAN_ROUNDS, type Measured } from '../rounds.ts';
import type { Report } from '../suite.ts';
import type { ReplicaLoss } from './replica-loss.ts';
import { SETTINGS, type Series } from './series.ts';

export type Round = Record<Series, Measured>;

export interface ReadsFound {
  clean: readonly Round[];
  times: { segmentPage: number; pointRead: number };
  losses: readonly ReplicaLoss[];
  /** The number of calls answered by each process of ours. */
  served: readonly number[];
  machine: Record<string, unknown>;
  settings: Record<string, unknown>;
}

/** Description, floor and goal of each ratio. The project sets floors and goals for two cores. */
const FIGURES = {
  go_peer: ['GetCustomerRFM calls/s, ours / grpc-go with a query per read', '>= 0.8', '>= 1.0'],
  go_peer_batched: ['GetCustomerRFM calls/s, ours / grpc-go with the same micro-batching', '-', '-'],
  stock_peer: ['GetCustomerRFM calls/s, ours / connect-node with drizzle', '>= 4', '>= 7'],
  pgbench: ['GetCustomerRFM calls/s, ours / prepared point reads/s of pgbench', '>= 0.28', '>= 0.40'],
  batch_get: ['scores/s by BatchGetCustomerRFM / by GetCustomerRFM', '>= 5', '>= 10'],
  p50_single: ['p50 latency of one call at a time, batched / unbatched', '<= 1.10', '<= 1.03'],
  p99_replica_loss: ['p99 latency after one of two replicas froze / before', '<= 3', '<= 1.5'],
  segment_page: ['server time of the first page of a segment of 200,000 / of a read by key', '<= 10', '<= 4'],
} as const;

type Figure = keyof typeof FIGURES;

/**
 * Computes each ratio within one round, so that a slow minute of the machine affects both sides. The median
 * counts.
 */
export function ratiosOf({ clean, times, losses }: ReadsFound): Record<Figure, number[]> {
  const perRound = (ratio: (round: Round) => number) => clean.map(ratio);
  const rates = (name: Series) => perRound((round) => round.ours.perSecond / round[name].perSecond);
  return {
    go_peer: rates('go'),
    go_peer_batched: rates('go_batched'),
    stock_peer: rates('stock'),
    pgbench: rates('pgbench'),
    batch_get: perRound((round) => (SETTINGS.batch * round.ours_batch_get.perSecond) / round.ours.perSecond),
    p50_single: perRound(
      ({ ours_single, ours_unbatched_single }) =>
        (ours_single.p50 ?? NaN) / (ours_unbatched_single.p50 ?? NaN),
    ),
    p99_replica_loss: losses.map(({ before, after }) => after.p99 / before.p99),
    segment_page: [times.segmentPage / times.pointRead],
  };
}

export function reportReads(found: ReadsFound): Report {
  const { clean, times, losses, served, machine, settings } = found;
  const failed = losses.reduce((sum, { before, after }) => sum + before.failed + after.failed, 0);
  return reportFigures({
    name: 'reads',
    figures: FIGURES,
    values: ratiosOf(found),
    clean,
    contestants: { key: 'contestants', unit: 'calls/s' },
    context: {
      before: { machine, settings },
      after: {
        requests_per_process: served,
        replica_loss: { failed_calls: failed, runs: losses },
        server_time_ms: times,
      },
    },
    remark: (name) => (name === 'p99_replica_loss' ? `, ${failed} failed calls` : ''),
    enough: clean.length >= MIN_CLEAN_ROUNDS && losses.length >= MIN_CLEAN_ROUNDS,
    measured: `${clean.length} clean rounds and ${losses.length} clean replica freezes`,
  });
}
