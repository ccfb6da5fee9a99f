import { Kafka } from 'kafkajs';
import type { Logger } from '@core/runtime';
import type { KafkaClient } from '../kafka-client.ts';
import type { Sasl } from '../kafka-env.ts';
import { createAdmin } from './admin.ts';
import { openConsumer } from './consumer.ts';
import { replaceFetchDecoder } from './fetch/replace-decoder.ts';
import { logTo, silent } from './log.ts';
import { createProducer } from './producer.ts';
import { fixIdleTimer } from './fix-idle-timer.ts';
import { readTopic } from './read-topic.ts';
import { supervise } from './supervise.ts';
import { STUCK_AFTER_MS } from './watch-consumer.ts';

export interface KafkaOptions {
  /** host:port */
  brokers: string[];
  /** Names this process in the broker's logs and quotas. */
  clientId: string;
  tls?: boolean;
  sasl?: Sasl;
  /** Absent: kafkajs logs nothing. */
  log?: Logger;
  /** A consumer that gets no answer for this long is rebuilt. */
  stuckAfterMs?: number;
}

/** A broker restart or a network failure is normally over within this time. */
const ALARM_AFTER_MS = 60_000;

/** Creates a KafkaClient based on kafkajs. It connects only when it is used. */
export function connectKafka(options: KafkaOptions): KafkaClient {
  const { brokers, clientId, tls = false, sasl, log, stuckAfterMs = STUCK_AFTER_MS } = options;
  fixIdleTimer();
  replaceFetchDecoder();
  const kafka = new Kafka({
    brokers,
    clientId,
    ssl: tls,
    ...(sasl ? { sasl: sasl as Extract<Sasl, { mechanism: 'plain' }> } : {}),
    ...(log ? logTo(log) : silent),
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    // Callers retry for as long as it takes, and check their lease or their signal in between. A long wait
    // inside kafkajs would ignore both.
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
    consume: async (work) => {
      const { groupId: group, topics } = work;
      const consumer = await supervise(() => openConsumer(kafka, work, stuckAfterMs), {
        onOver: (err, failingForMs) =>
          log?.[failingForMs > ALARM_AFTER_MS ? 'error' : 'warn'](
            { err, group, topics, failing_for_s: Math.round(failingForMs / 1_000) },
            'the consumer has ended; creating a new one',
          ),
      });
      consumers.push(consumer);
      return consumer;
    },
    read: (topic, how) => readTopic(kafka, topic, how),
    close: async () => {
      await Promise.all(consumers.map((consumer) => consumer.close()));
      await producer.close();
    },
  };
}
