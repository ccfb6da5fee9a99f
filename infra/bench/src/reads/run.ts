import { join } from 'node:path';
import { makeServicesDir, removeServicesDir } from '@core/testing';
import { buildBundles, ensureSystem } from '../bundles.ts';
import { describeMachine } from '../describe-machine.ts';
import { buildGo, readGoVersion } from '../go-tools.ts';
import { measureRounds } from '../rounds.ts';
import type { Report, SuiteOptions } from '../suite.ts';
import { startContestants } from './contestants.ts';
import { CUSTOMERS, MERCHANTS, openDatabase } from './database.ts';
import { measureReplicaLoss } from './replica-loss.ts';
import { reportReads } from './report-reads.ts';
import { requestsPerProcess } from './requests-per-process.ts';
import { seriesOf, SETTINGS } from './series.ts';
import { serverTimes } from './server-time.ts';

/** Compares score reads with a Go service, the standard TypeScript stack and the database alone. */
export async function benchReads(options: SuiteOptions): Promise<Report> {
  const { rounds, seconds, warmUp, say, stops, signal } = options;
  const dir = stops.adopt(makeServicesDir(), removeServicesDir);

  await ensureSystem(['go', 'pgbench'], signal);
  say('building the Go peer, the driver and the bundles');
  const go = await buildGo(join(dir, 'go'), signal);
  await buildBundles(['api', 'api-unbatched'], signal);
  const database = await openDatabase(dir, options);
  const contestants = await startContestants(dir, database, go.peer, options);
  const series = seriesOf({ ...options, dir, driver: go.driver, contestants, database });

  say('warming up');
  const { ours, ours_unbatched, stock, echo } = series;
  for (const each of [ours, ours_unbatched, stock, echo]) await each();
  let maxRate = 0;
  const clean = await measureRounds(
    {
      ...series,
      ours: async () => {
        const measured = await series.ours();
        maxRate = Math.max(maxRate, measured.perSecond);
        return measured;
      },
    },
    rounds,
    say,
  );
  const served = await requestsPerProcess(contestants.ours, series.ours);
  say(`requests per process at ${SETTINGS.connections} connections: ${served.join(', ')}`);
  const times = await serverTimes(database.peerReplicaUrls[0] ?? '', database.bigMerchantId);
  const rate = Math.round(0.4 * maxRate);
  say(`freezing replicas at ${rate} calls per second`);
  const losses = await measureReplicaLoss({
    ...options,
    driver: go.driver,
    ours: contestants.ours,
    replicas: database.replicas,
    load: {
      connections: SETTINGS.connections,
      rate,
      warmUp,
      customers: CUSTOMERS,
      merchants: MERCHANTS,
    },
  });
  const settings = { rounds: clean.length, seconds, warm_up_seconds: warmUp, open_loop_rate: rate };
  const machine = { ...(await describeMachine(database.primary.url)), go: readGoVersion() };
  return reportReads({ clean, times, losses, served, machine, settings: { ...settings, ...SETTINGS } });
}
