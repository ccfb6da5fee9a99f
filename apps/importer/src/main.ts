import {
  assertServable,
  createMerchantKeyStore,
  createPool,
  inTransaction,
  parseKeyring,
  type Tx,
} from '@core/db';
import { createMetrics, runApp, startAdminServer, untilReady } from '@core/runtime';
import { createQueuesPage, QUEUES_PATH } from './admin/queues-page.ts';
import { importerEnv } from './config.ts';
import { startImporter } from './importer.ts';
import { GIVE_UP_AFTER_MS } from './jobs/page-failure.ts';
import { keepHeapSmall } from './keep-heap-small.ts';
import { connectRedis } from './redis.ts';
import { seldom } from './seldom.ts';
import { createShopifyClient } from './shopify/client.ts';
import { createSources } from './shopify/sources.ts';
import { createTokenKeeper } from './shopify/tokens.ts';

keepHeapSmall();
await runApp('importer', importerEnv, async ({ env, log, shutdown }) => {
  const keys = createMerchantKeyStore(parseKeyring(env.CORE_ENCRYPTION_KEYS));
  const metrics = createMetrics('importer');
  const pool = createPool(env, { app: 'importer', log });
  shutdown.add('database', () => pool.end());
  const redis = connectRedis(
    env.REDIS_URL,
    seldom((err) => log.warn({ err }, 'Redis connection lost')),
  );
  shutdown.add('redis', () => redis.close());

  const checks = { postgresql: () => pool.query('select 1'), redis: () => redis.commands.ping() };
  const queues = createQueuesPage({
    connection: redis.commands,
    mainDir: import.meta.dirname,
    onError: seldom((err) => log.warn({ err }, 'the page of the queues failed')),
  });
  const pages = { [QUEUES_PATH]: queues };
  const admin = await startAdminServer({ port: env.CORE_ADMIN_PORT, metrics, checks, pages });
  shutdown.add('admin server', () => admin.close());
  log.info({ admin_port: admin.port }, 'serving health and metrics');

  const wait = (what: string) => ({
    what,
    signal: shutdown.signal,
    onWait: (message: string, err: unknown) => log.info({ err }, message),
  });
  const servable = (tx: Tx) => assertServable(tx, { NODE_ENV: env.NODE_ENV, log });
  await untilReady(() => inTransaction(pool, servable), wait('PostgreSQL'));
  await untilReady(checks.redis, wait('Redis'));

  const shopify = { baseUrl: env.SHOPIFY_BASE_URL, apiVersion: env.SHOPIFY_API_VERSION };
  const importer = startImporter({
    pool,
    redis,
    keys,
    client: createShopifyClient(shopify),
    sources: createSources(shopify),
    tokens: createTokenKeeper({
      pool,
      keys,
      baseUrl: env.SHOPIFY_BASE_URL,
      clientId: env.SHOPIFY_CLIENT_ID,
      clientSecret: env.SHOPIFY_CLIENT_SECRET[0] ?? '',
      signal: shutdown.signal,
    }),
    settings: { restEntitled: env.SHOPIFY_REST, bulkFrom: env.IMPORT_BULK_FROM },
    concurrency: env.IMPORT_CONCURRENCY,
    limits: { ceiling: env.SHOPIFY_CEILING, headroom: env.SHOPIFY_HEADROOM / 100 },
    giveUpAfterMs: GIVE_UP_AFTER_MS,
    metrics,
    log,
  });
  shutdown.add('importer', () => importer.stop());
});
