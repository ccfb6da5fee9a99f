import { createMerchantKeyStore, parseKeyring } from '@core/crypto';
import { advise, assertServablePrimary, createPool } from '@core/db';
import { createMetrics, runApp, startAdminServer, untilReady } from '@core/runtime';
import { createQueuesPage, QUEUES_PATH } from './admin/queues-page.ts';
import { importerEnv, redisPlace } from './config.ts';
import { startImporter } from './importer.ts';
import { keepHeapSmall } from './keep-heap-small.ts';
import { assertServes, assertWritable, connectRedis } from './redis.ts';
import { seldom } from './seldom.ts';
import { wireImporter } from './wire-importer.ts';

keepHeapSmall();
await runApp('importer', importerEnv, async ({ env, log, shutdown }) => {
  const keys = createMerchantKeyStore(parseKeyring(env.CORE_ENCRYPTION_KEYS));
  const metrics = createMetrics('importer');
  const pool = createPool(env, { app: 'importer', log });
  shutdown.add('database', () => pool.end());
  const redis = connectRedis(
    redisPlace(env),
    seldom((err) => log.warn({ err }, 'Redis connection lost')),
  );
  shutdown.add('redis', () => redis.close());

  const checks = {
    postgresql: () => pool.query('select 1'),
    redis: () => assertWritable(redis.commands),
  };
  const queues = createQueuesPage({
    connection: redis.commands,
    mainDir: import.meta.dirname,
    onError: seldom((err) => log.warn({ err }, 'the page of the queues failed')),
  });
  const pages = { [QUEUES_PATH]: queues };
  const admin = await startAdminServer({
    port: env.CORE_ADMIN_PORT,
    host: env.CORE_LISTEN_HOST,
    metrics,
    checks,
    pages,
    log,
  });
  shutdown.add('admin server', () => admin.close());
  log.info({ admin_port: admin.port }, 'serving health and metrics');

  const { signal } = shutdown;
  const waiting = { signal, log };
  await untilReady(() => assertServablePrimary(pool, { env, log }), {
    what: 'PostgreSQL',
    ...waiting,
    advise,
  });
  await untilReady(() => assertServes(redis.commands), {
    what: 'Redis',
    ...waiting,
    advise: () => 'see REDIS_URL and REDIS_SENTINELS',
  });

  const importer = startImporter(wireImporter(env, { pool, redis, keys, metrics, log, signal }));
  shutdown.add('importer', () => importer.stop());
});
