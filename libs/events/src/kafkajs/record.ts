import type { KafkaMessage } from 'kafkajs';
import type { ConsumedRecord } from '../kafka-client.ts';

/** kafkajs's message as ours. */
export const toRecord = (topic: string, partition: number, message: KafkaMessage): ConsumedRecord => ({
  topic,
  partition,
  offset: BigInt(message.offset),
  timestamp: new Date(Number(message.timestamp)),
  key: message.key,
  headers: Object.fromEntries(
    Object.entries(message.headers ?? {}).map(([name, value]) => [
      name,
      String((Array.isArray(value) ? value.at(-1) : value) ?? ''),
    ]),
  ),
  value: message.value,
});
