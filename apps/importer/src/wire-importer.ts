import type { Service } from '@core/service';
import { adminApiOf, tokenEndpointOf, webhooksAddress } from '@core/shopify';
import type { importerEnv } from './config.ts';
import type { ImporterOptions } from './importer.ts';
import { GIVE_UP_AFTER_MS } from './jobs/page-failure.ts';
import type { RedisConnections } from './redis.ts';
import { SEGMENT_PACE } from './segments/start-segment-turns.ts';
import { createTokenKeeper } from './tokens/token-keeper.ts';

const HOUR_MS = 60 * 60_000;

/** Returns the options of an importer: the open connections, and Shopify's settings from the environment. */
export function wireImporter(
  service: Service<typeof importerEnv> & { redis: RedisConnections },
): ImporterOptions {
  const { env, pool, redis, keys, metrics, log, shutdown } = service;
  const api = adminApiOf(env);
  return {
    pool,
    redis,
    keys,
    metrics,
    log,
    api,
    tokens: createTokenKeeper({
      pool,
      keys,
      apiVersion: api.apiVersion,
      ...tokenEndpointOf(env),
      signal: shutdown.signal,
    }),
    settings: { restEntitled: env.SHOPIFY_REST, bulkFrom: env.IMPORT_BULK_FROM },
    concurrency: env.IMPORT_CONCURRENCY,
    limits: { ceiling: env.SHOPIFY_CEILING, headroom: env.SHOPIFY_HEADROOM / 100 },
    segments: SEGMENT_PACE,
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    webhooks:
      env.SHOPIFY_WEBHOOKS === 'shop'
        ? { by: 'shop', address: webhooksAddress(env.CORE_PUBLIC_URL) }
        : { by: 'app' },
    reconcileEveryMs: env.IMPORT_RECONCILE_HOURS * HOUR_MS,
  };
}
