import type { Batch, KafkaMessage } from 'kafkajs';
import type { ConsumedRecord, UnreadableRecords } from '../kafka-client.ts';
import type { UnreadableEntry } from './fetch/read-partition.ts';
import { toRecord } from './record.ts';

/**
 * The maximum number of records per call: enough to benefit from one statement for all, and few enough to
 * repeat.
 */
const MAX_RECORDS = 500;

/** The part of a fetch that one call gets, and its last offset, after which the partition continues. */
export type Part = { last: string } & ({ records: ConsumedRecord[] } | { unreadable: UnreadableRecords });

/** Yields the records of a partition in portions. Records that cannot be read are a separate portion. */
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
    if (records.length < MAX_RECORDS) continue;
    yield { records, last };
    records = [];
  }
  if (records.length > 0) yield { records, last: String(records.at(-1)?.offset) };
}

/** See read-partition.ts: kafkajs passes these entries on like any other record. */
const isUnreadable = (message: object): message is KafkaMessage & UnreadableEntry => 'unreadable' in message;
