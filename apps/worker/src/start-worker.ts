import {
  runConsumer,
  startRelay,
  watchTopics,
  WORKER_GROUP,
  workerGroup,
  type KafkaClient,
  type Relay,
  type EventConsumer,
  type VerifyRecord,
} from '@core/events';
import { untilReady } from '@core/runtime';
import type { Service } from '@core/service';
import { sealerOf, shopRedactionPolicy, type workerEnv } from './config.ts';
import { runBackground } from './run-background.ts';
import { withSignatures } from './signatures.ts';
import { contextBy, TOPICS } from './topics.ts';

type Worker = Service<typeof workerEnv> & { kafka: KafkaClient; verify: VerifyRecord | 'off' };

/**
 * Starts webhooks, privacy and audit at once, because they need no Kafka. The relay and the consumer start
 * when Kafka answers.
 */
export async function startWorker(worker: Worker): Promise<{ relay: Relay; consumer: EventConsumer }> {
  const { env, kafka, verify, pool, keys, log, metrics, shutdown } = worker;
  const policy = shopRedactionPolicy(env);
  const background = runBackground({ env, sealer: sealerOf(env), policy, pool, keys, log, metrics });
  shutdown.add('webhooks, privacy and audit', () => background.close());
  const producer = await untilReady(() => kafka.producer(), {
    what: 'Kafka',
    signal: shutdown.signal,
    log,
    advise: () =>
      'see KAFKA_BROKER, KAFKA_TLS and KAFKA_SASL; `npm run ops -- topics` creates missing topics',
  });
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
  return { relay, consumer };
}
