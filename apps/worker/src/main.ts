import { createMerchantKeyStore, parseKeyring } from '@core/crypto';
import { advise, assertServablePrimary, createPool } from '@core/db';
import {
  connectKafka,
  kafkaOptions,
  runConsumer,
  startRelay,
  watchTopics,
  WORKER_GROUP,
  workerGroup,
} from '@core/events';
import { createMetrics, runApp, startAdminServer, untilReady } from '@core/runtime';
import { sealerOf, shopRedactionPolicy, signersOf, workerEnv } from './config.ts';
import { runBackground } from './run-background.ts';
import { openSignatures, withSignatures } from './signatures.ts';
import { contextBy, TOPICS } from './topics.ts';

const KAFKA_ADVICE =
  'see KAFKA_BROKER, KAFKA_TLS and KAFKA_SASL; `npm run ops -- topics` creates missing topics';

await runApp('worker', workerEnv, async ({ env, log, shutdown }) => {
  const verify = openSignatures(signersOf(env), log);
  const keys = createMerchantKeyStore(parseKeyring(env.CORE_ENCRYPTION_KEYS));
  const metrics = createMetrics('worker');
  const pool = createPool(env, { app: 'worker', log, direct: env.CORE_DB_DIRECT });
  shutdown.add('database', () => pool.end());
  const kafka = connectKafka({ ...kafkaOptions(env), clientId: 'core-worker', log });
  shutdown.add('kafka', () => kafka.close());
  const started: { joined?: () => boolean; relaying?: () => boolean } = {};
  const admin = await startAdminServer({
    port: env.CORE_ADMIN_PORT,
    host: env.CORE_LISTEN_HOST,
    metrics,
    log,
    checks: {
      postgresql: () => pool.query('select 1'),
      consumer: () => started.joined?.() ?? false,
      relay: () => started.relaying?.() ?? false,
    },
  });
  shutdown.add('admin server', () => admin.close());
  const { signal } = shutdown;
  const wait = (what: string) => ({ what, signal, log, advise: () => KAFKA_ADVICE });
  await untilReady(() => assertServablePrimary(pool, { env, log }), { ...wait('PostgreSQL'), advise });
  const policy = shopRedactionPolicy(env);
  const background = runBackground({ env, sealer: sealerOf(env), policy, pool, keys, log, metrics });
  shutdown.add('webhooks, privacy and audit', () => background.close());
  const producer = await untilReady(() => kafka.producer(), wait('Kafka'));
  const relay = startRelay({ pool, producer, log, metrics });
  shutdown.add('relay', () => relay.close());
  const topics = watchTopics(kafka, { log, metrics, production: env.NODE_ENV === 'production' });
  shutdown.add('watch of the topics', () => topics.stop());
  const consumer = await runConsumer({
    client: kafka,
    groupId: WORKER_GROUP,
    groupOf: workerGroup,
    topics: withSignatures(TOPICS, verify),
    context: contextBy(keys),
    unknownWait: env.RFM_UNKNOWN_WAIT,
    pool,
    log,
    metrics,
  });
  shutdown.add('consumer', () => consumer.close());
  Object.assign(started, { joined: () => consumer.joined(), relaying: () => relay.running() });
});
