import type { Batch, KafkaMessage } from 'kafkajs';
import type { ConsumedRecord, UnreadableRecords } from '../kafka-client.ts';
import type { UnreadableEntry } from './fetch/read-partition.ts';
import { toRecord } from './record.ts';

/** Records of one call: enough that a statement for all of them pays, and few enough to do again. */
const MOST_RECORDS = 500;

/** The part of a fetch that one call gets, and its last offset, behind which the partition goes on. */
export type Part = { last: string } & ({ records: ConsumedRecord[] } | { unreadable: UnreadableRecords });

/** The records of a partition in portions; those that cannot be read are one of their own. */
export function* partsOf({
  topic,
  partition,
  messages,
}: Pick<Batch, 'topic' | 'partition' | 'messages'>): Generator<Part> {
  let records: ConsumedRecord[] = [];
  for (const message of messages) {
    const { offset: last } = message;
    if (isUnreadable(message)) {
      if (records.length > 0) yield { records, last: String(records.at(-1)?.offset) };
      records = [];
      yield { unreadable: { topic, partition, last: BigInt(last), ...message.unreadable }, last };
      continue;
    }
    records.push(toRecord(topic, partition, message));
    if (records.length < MOST_RECORDS) continue;
    yield { records, last };
    records = [];
  }
  if (records.length > 0) yield { records, last: String(records.at(-1)?.offset) };
}

/** See read-partition.ts: kafkajs hands them on as any other. */
const isUnreadable = (message: object): message is KafkaMessage & UnreadableEntry => 'unreadable' in message;
