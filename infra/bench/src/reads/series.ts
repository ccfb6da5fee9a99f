import { drive, type DriverOptions } from '../driver.ts';
import { measure, type Measured } from '../rounds.ts';
import type { SuiteOptions } from '../suite.ts';
import { preparePgbench } from '../pgbench.ts';
import type { Contestant, Contestants } from './contestants.ts';
import { CUSTOMERS, MERCHANTS, type BenchDatabase } from './database.ts';

/** Settings that are equal for all contestants. */
export const SETTINGS = {
  connections: 8,
  inFlight: 128,
  /** Ids per BatchGetCustomerRFM. */
  batch: 100,
  /** Concurrent BatchGetCustomerRFM calls. */
  batchesInFlight: 16,
  pgbenchClients: 16,
} as const;

export type Series =
  | keyof Contestants
  | 'pgbench'
  | 'ours_batch_get'
  | 'ours_single'
  | 'ours_unbatched_single'
  | 'ours_segment_page';

/**
 * Returns the measurements of a round in their order. The two sides of a ratio are measured close to each
 * other.
 */
export function seriesOf(
  options: {
    dir: string;
    driver: string;
    contestants: Contestants;
    database: BenchDatabase;
  } & Pick<SuiteOptions, 'seconds' | 'warmUp' | 'signal'>,
): Record<Series, () => Promise<Measured>> {
  const { dir, driver, contestants, database, seconds, warmUp, signal } = options;
  const size = { customers: CUSTOMERS, merchants: MERCHANTS };
  const measureLoad = (contestant: Contestant, overrides: Partial<DriverOptions> = {}) => {
    const { connections, inFlight } = SETTINGS;
    const flags = {
      target: contestant.target,
      connections,
      inFlight,
      seconds,
      warmUp,
      ...size,
      ...overrides,
    };
    return () =>
      measure([contestant.child.pid], database.pids, async (onMeasuring) => {
        const { all, perSecond, cpuSeconds, errors } = await drive(driver, flags, signal, onMeasuring);
        const { count: operations, p50, p99 } = all;
        return { perSecond, operations, driverCpuSeconds: cpuSeconds, p50, p99, errors };
      });
  };
  const pgbench = preparePgbench(dir, size);
  const [url = ''] = database.peerReplicaUrls;
  const { ours, ours_unbatched, go, go_batched, stock, echo } = contestants;
  const { batch, batchesInFlight, pgbenchClients } = SETTINGS;
  const single = { connections: 1, inFlight: 1 };
  return {
    go: measureLoad(go),
    ours: measureLoad(ours),
    go_batched: measureLoad(go_batched),
    stock: measureLoad(stock),
    pgbench: () =>
      measure([], database.pids, () => pgbench({ url, clients: pgbenchClients, seconds, signal })),
    echo: measureLoad(echo),
    ours_batch_get: measureLoad(ours, { batch, inFlight: batchesInFlight }),
    ours_segment_page: measureLoad(ours, { segment: 'CHAMPIONS', inFlight: batchesInFlight }),
    ours_unbatched: measureLoad(ours_unbatched),
    ours_single: measureLoad(ours, single),
    ours_unbatched_single: measureLoad(ours_unbatched, single),
  };
}
