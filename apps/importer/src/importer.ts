import type { MerchantKeyStore } from '@core/crypto';
import { inTransaction, type Pool } from '@core/db';
import { pruneImports, type CancelledRun } from '@core/domain';
import { startLoop, type Logger, type Registry } from '@core/runtime';
import {
  createLimiter,
  createSources,
  createPlanTierCache,
  type AdminApi,
  type LimiterOptions,
} from '@core/shopify';
import { createHeldSlices } from './jobs/held-slices.ts';
import { cancelOperations } from './jobs/cancel-operations.ts';
import { endCancelled } from './jobs/end-cancelled.ts';
import { proveConnections } from './jobs/prove-connections.ts';
import { reconcile } from './jobs/reconcile.ts';
import { startReconciliations } from './jobs/start-reconciliations.ts';
import { processPage, type ProcessPageDeps } from './jobs/process-page.ts';
import { createImporterMetrics } from './metrics.ts';
import { createPageJobs, startPageWorker } from './queues.ts';
import { throttleLog } from './throttle-log.ts';
import { bindShops } from './shop-clients.ts';
import { scriptsOn, type RedisConnections } from './redis.ts';
import { startSchedules } from './schedules/start-schedules.ts';
import { createSegmentMetrics } from './segments/segment-metrics.ts';
import { startSegmentTurns } from './segments/start-segment-turns.ts';
import type { SegmentPace } from './segments/take-segment-turn.ts';
import type { TokenKeeper } from './tokens/token-keeper.ts';
import type { WebhookSettings } from './webhooks/check-webhooks.ts';
import { keepWebhooks } from './webhooks/keep-webhooks.ts';

export interface ImporterOptions {
  pool: Pool;
  redis: RedisConnections;
  keys: MerchantKeyStore;
  api: AdminApi;
  tokens: TokenKeeper;
  settings: ProcessPageDeps['settings'];
  concurrency: number;
  limits: LimiterOptions;
  segments: SegmentPace;
  giveUpAfterMs: number;
  webhooks: WebhookSettings;
  /** Milliseconds between two imports that compare a shop with what webhooks brought; 0: none are started. */
  reconcileEveryMs: number;
  metrics: Registry;
  log: Logger;
}

/** A pending run must be picked up within 500 ms, and a cancelled one ended within two seconds. */
const POLL_EVERY_MS = 250;
const PRUNE_EVERY_MS = 60 * 60_000;
/** Shopify retries a webhook for four hours, so an unproven connection must be proven well before that. */
const PROVE_EVERY_MS = 10 * 60_000;

/**
 * Starts one importer on connected services. `stop` finishes or drops the pages in progress and releases
 * their slices.
 */
export function startImporter(options: ImporterOptions): { stop(): Promise<void> } {
  const { pool, redis, keys, api, tokens, settings, concurrency, giveUpAfterMs, log } = options;
  const stopping = new AbortController();
  const warn = throttleLog((err, times) =>
    log.warn({ err, times }, 'import queue or database failed; the importer continues'),
  );
  const held = createHeldSlices();
  const jobs = createPageJobs(redis.commands, warn);
  const planTiers = createPlanTierCache();
  const metrics = createImporterMetrics(options.metrics, held.runs);
  const limiter = createLimiter(scriptsOn(redis.commands), options.limits);
  const deps: ProcessPageDeps = {
    pool,
    keys,
    shopClient: bindShops({ api, tokens, limiter, planTiers, metrics, log }),
    sources: createSources(),
    settings,
    planTiers,
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
    work: (page) => processPage(deps, page),
    onError: warn,
  });
  const ctx = { caller: 'importer', requestId: 'reconcile', keys };
  const onCancelled = (runs: readonly CancelledRun[]) => void cancelOperations(deps, runs);
  const loops = [
    startLoop({
      name: 'page job dispatch',
      log,
      every: POLL_EVERY_MS,
      work: () => reconcile({ pool, jobs, concurrency }),
    }),
    startLoop({
      name: 'import cancellation',
      log,
      every: POLL_EVERY_MS,
      work: () => endCancelled({ pool, ctx, onCancelled }),
    }),
    startLoop({
      name: 'import pruning',
      log,
      every: PRUNE_EVERY_MS,
      work: async () => ((await inTransaction(pool, pruneImports)) ? 0 : PRUNE_EVERY_MS),
    }),
    startLoop({
      name: 'connection proof',
      log,
      every: PROVE_EVERY_MS,
      work: (signal) => proveConnections({ pool, tokens, log }, signal),
    }),
    ...keepWebhooks({ pool, shopClient: deps.shopClient, webhooks: options.webhooks, metrics, log }),
    ...startReconciliations({ pool, keys, everyMs: options.reconcileEveryMs, log }),
  ];
  const segments = startSegmentTurns({
    pool,
    shopClient: deps.shopClient,
    metrics: createSegmentMetrics(options.metrics),
    planTiers,
    log,
    signal: stopping.signal,
    pace: options.segments,
  });
  const schedules = startSchedules({ pool, keys, redis, log, onError: warn });
  return {
    async stop() {
      stopping.abort(new Error('stopping'));
      await Promise.all([...loops.map((loop) => loop.stop()), segments.stop()]);
      // The worker and the schedules each limit their own wait for Redis.
      await Promise.all([worker.close(), schedules.stop()]);
      await jobs.close();
      await held.releaseAll(pool);
    },
  };
}
