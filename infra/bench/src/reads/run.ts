import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { dataHome, makeServicesDir } from '@core/testing';
import { drive, type DriverOptions } from '../driver.ts';
import { buildGo } from '../go-tools.ts';
import { preparePgbench } from '../pgbench.ts';
import { alternate, measure } from '../rounds.ts';
import { buildBundles } from '../bundles.ts';
import type { Report, SuiteOptions } from '../suite.ts';
import { startContestants, type Contestant } from './contestants.ts';
import { CUSTOMERS, MERCHANTS, openDatabase } from './database.ts';
import { measureReplicaLoss } from './replica-loss.ts';
import { reportReads } from './report-reads.ts';
import { requestsPerProcess } from './requests-per-process.ts';
import { serverTimes } from './server-time.ts';

const CONNECTIONS = 8;
const IN_FLIGHT = 128;
const BATCH = 100;

/** Score reads against a Go service, the stock TypeScript stack and the database alone. */
export async function benchReads({ rounds, seconds, say }: SuiteOptions): Promise<Report> {
  const dir = makeServicesDir();
  const cleanUps: (() => Promise<void> | void)[] = [
    () => rmSync(dir, { recursive: true, force: true }),
    () => rmSync(dataHome(join(dir, 'postgres')), { recursive: true, force: true }),
  ];
  try {
    say('building the bundles, the Go peer and the driver');
    await buildBundles(['api', 'api-unbatched']);
    const go = await buildGo(join(dir, 'go'));
    const database = await openDatabase(dir, say);
    cleanUps.push(() => database.postgres.stop());
    const { contestants, stop } = await startContestants(dir, database, go.peer);
    cleanUps.push(stop);
    const pgbench = preparePgbench(dir, { customers: CUSTOMERS, merchants: MERCHANTS });

    const load = (who: Contestant, how: Partial<DriverOptions>) => () =>
      measure([who.child.pid], database.pids, async (onMeasuring) => {
        const options = {
          target: who.target,
          connections: CONNECTIONS,
          inFlight: IN_FLIGHT,
          seconds,
          customers: CUSTOMERS,
          merchants: MERCHANTS,
          ...how,
        };
        const result = await drive(go.driver, options, onMeasuring);
        const { P50: p50, P99: p99, Count: operations } = result.all;
        const { perSecond, cpuSeconds, errors } = result;
        return { perSecond, operations, driverCpuSeconds: cpuSeconds, p50, p99, errors };
      });
    const get = (name: string): Contestant => {
      const found = contestants[name];
      if (!found) throw new Error(`no contestant ${name}`);
      return found;
    };
    const one = { connections: 1, inFlight: 1 };
    const series = {
      ours: load(get('ours'), {}),
      go: load(get('go'), {}),
      go_batched: load(get('go_batched'), {}),
      ours_unbatched: load(get('ours_unbatched'), {}),
      stock: load(get('stock'), {}),
      echo: load(get('echo'), {}),
      pgbench: () =>
        measure([], database.pids, (onMeasuring) =>
          pgbench({ url: database.replicaUrls[0] ?? '', clients: 16, seconds, onMeasuring }),
        ),
      ours_batch_get: load(get('ours'), { batch: BATCH, inFlight: 16 }),
      ours_single: load(get('ours'), one),
      ours_unbatched_single: load(get('ours_unbatched'), one),
    };
    say('warming up');
    for (const each of Object.values(series)) await each();
    const clean = await alternate(series, rounds, say);
    const served = await requestsPerProcess(get('ours'), () => load(get('ours'), {})());
    say(`requests per process at ${CONNECTIONS} connections: ${served.join(', ')}`);
    const times = await serverTimes(database.replicaUrls[0] ?? '', database.bigMerchantId);
    const loss = await measureReplicaLoss({
      driver: go.driver,
      target: get('ours').target,
      replica: database.postgres.replicas[0],
      rate: 0.4 * Math.max(...clean.map((round) => round.ours.perSecond), 1),
      say,
    });
    return reportReads({
      clean,
      times,
      loss,
      served,
      seconds,
      connections: CONNECTIONS,
      inFlight: IN_FLIGHT,
      batch: BATCH,
    });
  } finally {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  }
}
