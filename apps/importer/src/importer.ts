import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { CancelledRun } from '@core/domain';
import type { Logger, Registry } from '@core/runtime';
import { createLimiter, createSources, createTiers, type AdminApi, type LimiterOptions } from '@core/shopify';
import { createHeldSlices } from './jobs/held-slices.ts';
import { cancelOperations } from './jobs/cancel-operations.ts';
import { endCancelled } from './jobs/end-cancelled.ts';
import { keepDoing } from './jobs/keep-doing.ts';
import { proveConnections } from './jobs/prove-connections.ts';
import { prune } from './jobs/prune.ts';
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
  const keep = (everyMs: number, work: () => Promise<void>) =>
    keepDoing(work, everyMs, stopping.signal, warn);
  const keeping = [
    keep(LOOK_EVERY_MS, () => reconcile({ pool, jobs, concurrency })),
    keep(LOOK_EVERY_MS, () => endCancelled({ pool, ctx, onCancelled })),
    keep(PRUNE_EVERY_MS, () => prune(pool, stopping.signal)),
    keep(PROVE_EVERY_MS, () => proveConnections({ pool, tokens, log }, stopping.signal)),
  ];
  const schedules = startSchedules({ pool, keys, redis, log, onError: warn });
  return {
    async stop() {
      stopping.abort(new Error('stopping'));
      await Promise.all(keeping);
      // Each waits for Redis in its own time.
      await Promise.all([worker.close(), schedules.stop()]);
      await jobs.close();
      await held.releaseAll(pool);
    },
  };
}
