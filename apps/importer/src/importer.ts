import type { MerchantKeyStore, Pool } from '@core/db';
import type { Logger, Registry } from '@core/runtime';
import { createHeldSlices } from './jobs/held-slices.ts';
import { importPage, type ImportPageDeps } from './jobs/import-page.ts';
import { keepReconciled } from './jobs/reconcile.ts';
import { createImporterMetrics } from './metrics.ts';
import { createPageJobs, startPageWorker } from './queues.ts';
import { seldom } from './seldom.ts';
import type { RedisConnections } from './redis.ts';
import type { FetchPage } from './shopify/graphql-pages.ts';
import { createLimiter, type LimiterOptions } from './shopify/limiter.ts';

export interface ImporterOptions {
  pool: Pool;
  redis: RedisConnections;
  keys: MerchantKeyStore;
  fetchPage: FetchPage;
  concurrency: number;
  limits: LimiterOptions;
  giveUpAfterMs: number;
  metrics: Registry;
  log: Logger;
}

/**
 * Starts one importer on services that are there. `stop` finishes or drops the pages in hand and gives
 * their slices back.
 */
export function startImporter(options: ImporterOptions): { stop(): Promise<void> } {
  const { pool, redis, keys, fetchPage, concurrency, limits, giveUpAfterMs, log } = options;
  const stopping = new AbortController();
  const warn = seldom((err, times) => log.warn({ err, times }, 'import queue or database failed; going on'));
  const held = createHeldSlices();
  const jobs = createPageJobs(redis.commands, warn);
  const deps: ImportPageDeps = {
    pool,
    keys,
    limiter: createLimiter(redis.commands, limits),
    fetchPage,
    jobs,
    held,
    metrics: createImporterMetrics(options.metrics, held.runs),
    log,
    signal: stopping.signal,
    giveUpAfterMs,
  };
  const worker = startPageWorker({
    connection: redis.worker,
    concurrency,
    jobs,
    work: (page) => importPage(deps, page),
    onError: warn,
  });
  const ctx = { caller: 'importer', requestId: 'reconcile', keys };
  const reconciling = keepReconciled({ pool, jobs, ctx, concurrency }, stopping.signal, warn);
  return {
    async stop() {
      stopping.abort(new Error('stopping'));
      await reconciling;
      await worker.close();
      await jobs.close();
      await held.releaseAll(pool);
    },
  };
}
