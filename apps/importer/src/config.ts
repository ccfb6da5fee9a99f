import {
  addresses,
  flag,
  integer,
  needs,
  oneOf,
  optionalText,
  text,
  url,
  withRules,
  type Env,
  type EnvRule,
} from '@core/runtime';
import { serviceEnv } from '@core/service';
import { isShopifyItself, shopifyAppEnv, shopifyEnv } from '@core/shopify';
import type { RedisAddress } from './redis.ts';

const variables = {
  ...serviceEnv(9_103),
  REDIS_URL: url({
    doc: 'Redis of the job queue and the limiter; rediss:// is TLS; with REDIS_SENTINELS its host and port are not used',
    default: 'redis://localhost:6379',
    schemes: ['redis', 'rediss'],
    hint: ' and a host; sentinels are named in REDIS_SENTINELS, and a Redis Cluster cannot hold the queue',
  }),
  REDIS_SENTINELS: addresses({
    doc: 'Sentinels that know the primary, host:port,host:port; empty: connect directly to REDIS_URL',
    default: [],
    example: 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379',
  }),
  REDIS_SENTINEL_NAME: text({
    doc: 'name of the primary and its replicas at the Sentinels',
    default: 'mymaster',
  }),
  REDIS_SENTINEL_USER: optionalText({ doc: 'user at the Sentinels; empty: the default user' }),
  REDIS_SENTINEL_PASSWORD: optionalText({ doc: 'password at the Sentinels; empty: none', secret: true }),
  REDIS_SENTINEL_TLS: flag({
    doc: 'TLS to the Sentinels with verified certificates; for a private CA set NODE_EXTRA_CA_CERTS',
    default: false,
  }),
  ...shopifyEnv,
  ...shopifyAppEnv,
  SHOPIFY_CEILING: integer({
    doc: 'maximum number of requests to one shop in any second, regardless of its plan',
    default: 40,
    min: 1,
    max: 1_000,
  }),
  SHOPIFY_HEADROOM: integer({
    doc: "percent of a shop's limit that imports leave to other clients of the shop",
    default: 10,
    min: 0,
    max: 90,
  }),
  SHOPIFY_REST: flag({ doc: 'whether the app may still use the REST Admin API', default: false }),
  SHOPIFY_WEBHOOKS: oneOf(['app', 'shop'], {
    doc: "app: the app's configuration at Shopify subscribes to webhooks; shop: the importer subscribes in each shop, at CORE_PUBLIC_URL",
    default: 'app',
  }),
  IMPORT_BULK_FROM: integer({
    doc: 'number of customers from which an import uses bulk operations, unless the import names a source',
    default: 10_000,
    min: 1,
    max: 1_000_000_000,
  }),
  IMPORT_CONCURRENCY: integer({
    doc: 'pages that one importer processes concurrently, shared among its imports',
    default: 32,
    min: 1,
    max: 100,
  }),
  IMPORT_RECONCILE_HOURS: integer({
    doc: 'a shop that no import has completed for so many hours gets a delta import, to find what webhooks have missed; 0: never',
    default: 24,
    min: 0,
    max: 8_760,
  }),
};

const subscriptionsNeedAddress: EnvRule = (given) => {
  if (given('SHOPIFY_WEBHOOKS') !== 'shop') return undefined;
  const address = given('CORE_PUBLIC_URL');
  if (address === undefined)
    return 'SHOPIFY_WEBHOOKS=shop needs CORE_PUBLIC_URL, the address of the webhooks';
  const baseUrl = given('SHOPIFY_BASE_URL');
  return (baseUrl === undefined || isShopifyItself(baseUrl)) && !/^https:/i.test(address)
    ? 'SHOPIFY_WEBHOOKS=shop needs a CORE_PUBLIC_URL of https: Shopify sends webhooks to no other address'
    : undefined;
};

export const importerEnv = withRules(
  variables,
  needs('SHOPIFY_CLIENT_ID', 'SHOPIFY_CLIENT_SECRET'),
  subscriptionsNeedAddress,
  needs('REDIS_SENTINEL_NAME', 'REDIS_SENTINELS'),
  needs('REDIS_SENTINEL_USER', 'REDIS_SENTINEL_PASSWORD'),
  needs('REDIS_SENTINEL_PASSWORD', 'REDIS_SENTINELS'),
  needs('REDIS_SENTINEL_TLS', 'REDIS_SENTINELS'),
);

export type ImporterEnv = Env<typeof importerEnv>;

/** Returns the address of Redis from the environment. */
export const redisAddress = (env: ImporterEnv): RedisAddress => ({
  url: env.REDIS_URL,
  sentinels: env.REDIS_SENTINELS,
  name: env.REDIS_SENTINEL_NAME,
  sentinelUser: env.REDIS_SENTINEL_USER,
  sentinelPassword: env.REDIS_SENTINEL_PASSWORD,
  sentinelTls: env.REDIS_SENTINEL_TLS,
});
