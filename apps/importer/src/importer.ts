import type { MerchantKeyStore } from '@core/crypto';
import { inTransaction, type Pool } from '@core/db';
import { pruneImports, type CancelledRun } from '@core/domain';
import { startLoop, type Logger, type Registry } from '@core/runtime';
import { createLimiter, createSources, createTiers, type AdminApi, type LimiterOptions } from '@core/shopify';
import { createHeldSlices } from './jobs/held-slices.ts';
import { cancelOperations } from './jobs/cancel-operations.ts';
import { endCancelled } from './jobs/end-cancelled.ts';
import { proveConnections } from './jobs/prove-connections.ts';
import { reconcile } from './jobs/reconcile.ts';
import { workPage, type WorkPageDeps } from './jobs/work-page.ts';
import { createImporterMetrics } from './metrics.ts';
import { createPageJobs, startPageWorker } from './queues.ts';
import { seldom } from './seldom.ts';
import { bindShops } from './shop-clients.ts';
import { scriptsOn, type RedisConnections } from './redis.ts';
import { startSchedules } from './schedules/start-schedules.ts';
import type { TokenKeeper } from './tokens/token-keeper.ts';

export interface ImporterOptions {
  pool: Pool;
  redis: RedisConnections;
  keys: MerchantKeyStore;
  api: AdminApi;
  tokens: TokenKeeper;
  settings: WorkPageDeps['settings'];
  concurrency: number;
  limits: LimiterOptions;
  giveUpAfterMs: number;
  metrics: Registry;
  log: Logger;
}

/** A pending run is to be picked up within 500 ms, a cancelled one ended within two seconds. */
const LOOK_EVERY_MS = 250;
const PRUNE_EVERY_MS = 60 * 60_000;
/** Shopify retries a webhook for four hours. */
const PROVE_EVERY_MS = 10 * 60_000;

/**
 * Starts one importer on services that are there. `stop` finishes or drops the pages in hand and gives
 * their slices back.
 */
export function startImporter(options: ImporterOptions): { stop(): Promise<void> } {
  const { pool, redis, keys, api, tokens, settings, concurrency, giveUpAfterMs, log } = options;
  const stopping = new AbortController();
  const warn = seldom((err, times) => log.warn({ err, times }, 'import queue or database failed; going on'));
  const held = createHeldSlices();
  const jobs = createPageJobs(redis.commands, warn);
  const tiers = createTiers();
  const metrics = createImporterMetrics(options.metrics, held.runs);
  const limiter = createLimiter(scriptsOn(redis.commands), options.limits);
  const deps: WorkPageDeps = {
    pool,
    keys,
    shopClient: bindShops({ api, tokens, limiter, tiers, metrics, log }),
    sources: createSources(),
    settings,
    tiers,
    jobs,
    held,
    metrics,
    log,
    signal: stopping.signal,
    giveUpAfterMs,
  };
  const worker = startPageWorker({
    connection: redis.worker,
    concurrency,
    jobs,
    work: (page) => workPage(deps, page),
    onError: warn,
  });
  const ctx = { caller: 'importer', requestId: 'reconcile', keys };
  const onCancelled = (runs: readonly CancelledRun[]) => void cancelOperations(deps, runs);
  const loops = [
    startLoop({
      name: 'hand out pages',
      log,
      every: LOOK_EVERY_MS,
      work: () => reconcile({ pool, jobs, concurrency }),
    }),
    startLoop({
      name: 'end cancelled imports',
      log,
      every: LOOK_EVERY_MS,
      work: () => endCancelled({ pool, ctx, onCancelled }),
    }),
    startLoop({
      name: 'prune imports',
      log,
      every: PRUNE_EVERY_MS,
      work: async () => ((await inTransaction(pool, pruneImports)) ? 0 : PRUNE_EVERY_MS),
    }),
    startLoop({
      name: 'prove connections',
      log,
      every: PROVE_EVERY_MS,
      work: (signal) => proveConnections({ pool, tokens, log }, signal),
    }),
  ];
  const schedules = startSchedules({ pool, keys, redis, log, onError: warn });
  return {
    async stop() {
      stopping.abort(new Error('stopping'));
      await Promise.all(loops.map((loop) => loop.stop()));
      // Each waits for Redis in its own time.
      await Promise.all([worker.close(), schedules.stop()]);
      await jobs.close();
      await held.releaseAll(pool);
    },
  };
}
