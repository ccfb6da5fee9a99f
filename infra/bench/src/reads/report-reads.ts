import { cpus, totalmem } from 'node:os';
import { FEWEST_CLEAN, type Measured } from '../rounds.ts';
import { median, rounded, withSpread } from '../stats.ts';
import type { Report } from '../suite.ts';
import type { ReplicaLoss } from './replica-loss.ts';

export interface ReadsFound {
  clean: Record<string, Measured>[];
  times: { segmentPage: number; pointRead: number };
  loss: ReplicaLoss;
  served: number[];
  seconds: number;
  connections: number;
  inFlight: number;
  batch: number;
}

/** Floors and goals as the project set them for two cores. */
const FIGURES = {
  go_peer: ['GetCustomerRFM, ours / grpc-go with a query per read', '0.8', '1.0'],
  go_peer_batched: ['the same / grpc-go with the same micro-batching', '-', '-'],
  stock_peer: ['the same / connect-node with drizzle', '4', '7'],
  pgbench: ['the same / pgbench, prepared point reads', '0.28', '0.40'],
  batch_get: ['scores/s by BatchGetCustomerRFM / reads/s one by one', '5', '10'],
  p50_single: ['p50 of one call at a time, batched / unbatched', '<= 1.10', '<= 1.03'],
  p99_replica_loss: ['p99 after one of two replicas froze / before', '<= 3', '<= 1.5'],
  segment_page: ['first page of a segment of 200,000 / read by key', '<= 10', '<= 4'],
} as const;

/** Ratios are of one round each, so that a slow minute of the machine is in both halves; then their median. */
export function reportReads(found: ReadsFound): Report {
  const { clean, times, loss } = found;
  const perRound = (ratio: (round: Record<string, Measured>) => number) => clean.map(ratio);
  const rate = (round: Record<string, Measured>, name: string) => round[name]?.perSecond ?? NaN;
  const rates = (name: string) => perRound((round) => rate(round, 'ours') / rate(round, name));
  const values: Record<keyof typeof FIGURES, number[]> = {
    go_peer: rates('go'),
    go_peer_batched: rates('go_batched'),
    stock_peer: rates('stock'),
    pgbench: rates('pgbench'),
    batch_get: perRound((round) => (found.batch * rate(round, 'ours_batch_get')) / rate(round, 'ours')),
    p50_single: perRound(
      (round) => (round['ours_single']?.p50 ?? NaN) / (round['ours_unbatched_single']?.p50 ?? NaN),
    ),
    p99_replica_loss: [loss.after.P99 / loss.before.P99],
    segment_page: [times.segmentPage / times.pointRead],
  };
  const enough = clean.length >= FEWEST_CLEAN;
  const names = Object.keys(FIGURES) as (keyof typeof FIGURES)[];
  return {
    name: 'reads',
    ratios: enough ? Object.fromEntries(names.map((name) => [name, rounded(median(values[name]))])) : {},
    context: {
      verdict: enough ? 'given' : `none: only ${clean.length} rounds were clean of other tenants`,
      machine: {
        cores: cpus().length,
        model: cpus()[0]?.model,
        memory_gb: Math.round(totalmem() / 2 ** 30),
        node: process.version,
      },
      settings: {
        rounds: clean.length,
        seconds: found.seconds,
        connections: found.connections,
        in_flight: found.inFlight,
        ids_of_a_batch: found.batch,
      },
      ratios_by_round: Object.fromEntries(names.map((name) => [name, values[name].map(rounded)])),
      contestants: Object.fromEntries(
        Object.keys(clean[0] ?? {}).map((name) => [name, summary(clean, name)]),
      ),
      requests_per_process: found.served,
      replica_loss: loss,
      server_time_ms: times,
    },
    table: names.map((name) => {
      const [what, floor, goal] = FIGURES[name];
      const value = enough ? withSpread(values[name]) : 'no verdict';
      return { figure: `\`${name}\` ${what}`, value, floor, goal };
    }),
  };
}

/** Medians, with the spread of the rounds. */
const summary = (clean: readonly Record<string, Measured>[], name: string) => {
  const of = (key: 'perSecond' | 'serverUs' | 'databaseUs' | 'driverUs' | 'steal' | 'p50' | 'p99') =>
    withSpread(clean.map((round) => round[name]?.[key] ?? NaN));
  return {
    per_second: of('perSecond'),
    cpu_us_server: of('serverUs'),
    cpu_us_database: of('databaseUs'),
    cpu_us_driver: of('driverUs'),
    p50_ms: of('p50'),
    p99_ms: of('p99'),
    steal: of('steal'),
    errors: Object.assign({}, ...clean.map((round) => round[name]?.errors)) as Record<string, number>,
  };
};
