import { runService } from '@core/service';
import { createQueuesView, QUEUES_PATH } from './admin/queues-view.ts';
import { importerEnv } from './config.ts';
import { startImporter } from './importer.ts';
import { limitHeapGrowth } from './limit-heap-growth.ts';
import { openRedis } from './open-redis.ts';
import { assertServes, assertWritable } from './redis.ts';
import { throttleLog } from './throttle-log.ts';
import { wireImporter } from './wire-importer.ts';

limitHeapGrowth();
await runService({
  name: 'importer',
  env: importerEnv,
  open: (service) => ({ redis: openRedis(service) }),
  readiness: ({ pool, redis }) => ({
    checks: {
      postgresql: () => pool.query('select 1'),
      redis: () => assertWritable(redis.commands),
    },
  }),
  routes: ({ redis, log }) => ({
    [QUEUES_PATH]: createQueuesView({
      connection: redis.commands,
      mainDir: import.meta.dirname,
      onError: throttleLog((err) => log.warn({ err }, 'the queues view failed')),
    }),
  }),
  needs: ({ redis }) => ({
    Redis: {
      connect: () => assertServes(redis.commands),
      advise: () => 'see REDIS_URL and REDIS_SENTINELS',
    },
  }),
  start(service) {
    const importer = startImporter(wireImporter(service));
    service.shutdown.add('importer', () => importer.stop());
    return importer;
  },
});
