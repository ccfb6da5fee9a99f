import type { KafkaMessage } from 'kafkajs';
import type { ConsumedRecord } from '../kafka-client.ts';
import type { FetchedRecord } from './fetch/record-batch.ts';

/** kafkajs's message as ours; it has been read by our own decoder, see fetch/. */
export const toRecord = (topic: string, partition: number, message: KafkaMessage): ConsumedRecord => ({
  topic,
  partition,
  offset: BigInt(message.offset),
  timestamp: new Date(Number(message.timestamp)),
  key: message.key,
  headers: message.headers as FetchedRecord['headers'],
  value: message.value,
});
