import { databaseEnv, keyringEnv } from '@core/db';
import { appEnv, integer, port, text, url, type Env } from '@core/runtime';

export const importerEnv = {
  ...appEnv,
  ...databaseEnv,
  ...keyringEnv,
  REDIS_URL: url({ doc: 'Redis of the job queue and the limiter', default: 'redis://localhost:6379' }),
  SHOPIFY_BASE_URL: url({
    doc: "where a shop's Admin API is; {shop} is replaced by its domain",
    default: 'https://{shop}',
  }),
  SHOPIFY_API_VERSION: text({ doc: 'Admin API version', default: '2026-10' }),
  IMPORT_CONCURRENCY: integer({
    doc: 'pages that one importer works on at once',
    default: 8,
    min: 1,
    max: 100,
  }),
  CORE_ADMIN_PORT: port({ doc: '/healthz, /readyz and /metrics', default: 9103 }),
};

export type ImporterEnv = Env<typeof importerEnv>;
