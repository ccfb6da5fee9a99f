import { connectKafka, kafkaOptions, type KafkaClient } from '@core/events';
import type { Logger, Shutdown } from '@core/runtime';
import type { WorkerEnv } from './config.ts';

export function openKafka(
  env: WorkerEnv,
  { log, shutdown }: { log: Logger; shutdown: Shutdown },
): KafkaClient {
  const kafka = connectKafka({ ...kafkaOptions(env), clientId: 'core-worker', log });
  shutdown.add('kafka', () => kafka.close());
  return kafka;
}
