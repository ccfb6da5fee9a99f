import { connectKafka, kafkaOptions, type KafkaClient } from '@core/events';
import { untilReady, type Logger, type Shutdown } from '@core/runtime';
import type { WorkerEnv } from './config.ts';

export function openKafka(
  env: WorkerEnv,
  { log, shutdown }: { log: Logger; shutdown: Shutdown },
): KafkaClient {
  const kafka = connectKafka({ ...kafkaOptions(env), clientId: 'core-worker', log });
  shutdown.add('kafka', () => kafka.close());
  return kafka;
}

const ADVICE = 'see KAFKA_BROKER, KAFKA_TLS and KAFKA_SASL; `npm run ops -- topics` creates missing topics';

export const untilKafka = <T>(
  connect: () => Promise<T>,
  { log, shutdown }: { log: Logger; shutdown: Shutdown },
): Promise<T> => untilReady(connect, { what: 'Kafka', signal: shutdown.signal, log, advise: () => ADVICE });
