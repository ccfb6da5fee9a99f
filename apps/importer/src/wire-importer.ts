import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { Logger, Registry } from '@core/runtime';
import type { ImporterEnv } from './config.ts';
import type { ImporterOptions } from './importer.ts';
import { GIVE_UP_AFTER_MS } from './jobs/page-failure.ts';
import type { RedisConnections } from './redis.ts';
import { createTokenKeeper } from './tokens/token-keeper.ts';

export interface ImporterServices {
  pool: Pool;
  redis: RedisConnections;
  keys: MerchantKeyStore;
  metrics: Registry;
  log: Logger;
  /** Aborted when the process stops. */
  signal: AbortSignal;
}

/** What an importer works with: the services it was given, and Shopify as the environment has it. */
export function wireImporter(env: ImporterEnv, { signal, ...services }: ImporterServices): ImporterOptions {
  const { pool, keys } = services;
  const api = { baseUrl: env.SHOPIFY_BASE_URL, apiVersion: env.SHOPIFY_API_VERSION };
  return {
    ...services,
    api,
    tokens: createTokenKeeper({
      pool,
      keys,
      ...api,
      clientId: env.SHOPIFY_CLIENT_ID,
      clientSecret: env.SHOPIFY_CLIENT_SECRET[0] ?? '',
      signal,
    }),
    settings: { restEntitled: env.SHOPIFY_REST, bulkFrom: env.IMPORT_BULK_FROM },
    concurrency: env.IMPORT_CONCURRENCY,
    limits: { ceiling: env.SHOPIFY_CEILING, headroom: env.SHOPIFY_HEADROOM / 100 },
    giveUpAfterMs: GIVE_UP_AFTER_MS,
  };
}
