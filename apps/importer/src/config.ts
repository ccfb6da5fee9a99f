import { databaseEnv, keyringEnv, quietLogsEnv } from '@core/db';
import { appEnv, flag, integer, list, needs, port, text, url, withRules, type Env } from '@core/runtime';
import { shopifyEnv } from '@core/shopify';

const variables = {
  ...appEnv,
  ...databaseEnv,
  ...keyringEnv,
  ...quietLogsEnv,
  REDIS_URL: url({ doc: 'Redis of the job queue and the limiter', default: 'redis://localhost:6379' }),
  ...shopifyEnv,
  SHOPIFY_CLIENT_ID: text({ doc: "the Shopify app's client id, to renew tokens that end", default: '' }),
  SHOPIFY_CLIENT_SECRET: list({
    doc: "the Shopify app's client secret; several, comma-separated, while it is rotated",
    default: [],
    example: '<client secret>',
    secret: true,
  }),
  SHOPIFY_CEILING: integer({
    doc: 'the most requests to one shop in any second, whatever its plan allows',
    default: 40,
    min: 1,
    max: 1_000,
  }),
  SHOPIFY_HEADROOM: integer({
    doc: "percent of a shop's limit that imports leave to others who use it",
    default: 10,
    min: 0,
    max: 90,
  }),
  SHOPIFY_REST: flag({ doc: 'whether the app may still use the REST Admin API', default: false }),
  IMPORT_BULK_FROM: integer({
    doc: 'from so many customers on an import is a bulk operation, unless it was asked for otherwise',
    default: 10_000,
    min: 1,
    max: 1_000_000_000,
  }),
  IMPORT_CONCURRENCY: integer({
    doc: 'pages that one importer works on at once; a shop gets its share',
    default: 32,
    min: 1,
    max: 100,
  }),
  CORE_ADMIN_PORT: port({ doc: '/healthz, /readyz and /metrics', default: 9103 }),
};

export const importerEnv = withRules(variables, needs('SHOPIFY_CLIENT_ID', 'SHOPIFY_CLIENT_SECRET'));

export type ImporterEnv = Env<typeof importerEnv>;
