import { runService } from '@core/service';
import { signersOf, workerEnv } from './config.ts';
import { openKafka } from './kafka.ts';
import { openSignatures } from './signatures.ts';
import { startWorker } from './start-worker.ts';

await runService({
  name: 'worker',
  env: workerEnv,
  pool: (env) => ({ direct: env.CORE_DB_DIRECT }),
  open: ({ env, log, shutdown }) => ({
    verify: openSignatures(signersOf(env), log),
    kafka: openKafka(env, { log, shutdown }),
  }),
  readiness: ({ pool }, work) => ({
    checks: {
      postgresql: () => pool.query('select 1'),
      consumer: () => work()?.consumer.joined() ?? false,
      relay: () => work()?.relay.running() ?? false,
    },
  }),
  start: startWorker,
});
