import type { KafkaMessage } from 'kafkajs';
import type { ConsumedRecord } from '../kafka-client.ts';
import type { FetchedRecord } from './fetch/record-batch.ts';

/** Converts a message of kafkajs to our record. Our own decoder has read it, see fetch/. */
export const toRecord = (topic: string, partition: number, message: KafkaMessage): ConsumedRecord => ({
  topic,
  partition,
  offset: BigInt(message.offset),
  timestamp: new Date(Number(message.timestamp)),
  key: message.key,
  headers: message.headers as FetchedRecord['headers'],
  value: message.value,
});
