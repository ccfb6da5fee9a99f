import { Kafka } from 'kafkajs';
import type { Logger } from '@core/runtime';
import type { KafkaClient } from '../kafka-client.ts';
import type { Sasl } from '../kafka-env.ts';
import { createAdmin } from './admin.ts';
import { startConsumer } from './consumer.ts';
import { logTo, silent } from './log.ts';
import { createProducer } from './producer.ts';
import { quietIdleLoop } from './quiet-idle.ts';

export interface KafkaOptions {
  /** host:port */
  brokers: string[];
  /** Names this process in the broker's logs and quotas. */
  clientId: string;
  tls?: boolean;
  sasl?: Sasl;
  /** Absent: kafkajs says nothing. */
  log?: Logger;
}

/** The KafkaClient on kafkajs. Nothing is connected until something is asked for. */
export function connectKafka({ brokers, clientId, tls = false, sasl, log }: KafkaOptions): KafkaClient {
  quietIdleLoop();
  const kafka = new Kafka({
    brokers,
    clientId,
    ssl: tls,
    ...(sasl ? { sasl: sasl as Extract<Sasl, { mechanism: 'plain' }> } : {}),
    ...(log ? logTo(log) : silent),
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    // Callers retry for as long as it takes and look at their lease or their signal in between; a long
    // wait in here would be blind to both.
    retry: { retries: 3, initialRetryTime: 200, maxRetryTime: 2_000 },
  });
  const producer = createProducer(kafka);
  const consumers: { close(): Promise<void> }[] = [];

  return {
    ...createAdmin(kafka),
    producer: async () => {
      await producer.connect();
      return producer;
    },
    consume: async (options) => {
      const consumer = await startConsumer(kafka, options);
      consumers.push(consumer);
      return consumer;
    },
    close: async () => {
      await Promise.all(consumers.map((consumer) => consumer.close()));
      await producer.close();
    },
  };
}
