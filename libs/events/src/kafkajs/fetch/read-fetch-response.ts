import errors from 'kafkajs/src/protocol/error.js';
import { createCursor, type Cursor } from './cursor.ts';
import type { FetchedRecord } from './record-batch.ts';
import { readPartition, unreadable, type UnreadableEntry } from './read-partition.ts';

/** One partition of a fetch response, in the form that kafkajs expects. */
interface FetchedPartition {
  partition: number;
  errorCode: number;
  highWatermark: string;
  lastStableOffset: string;
  abortedTransactions: { producerId: string; firstOffset: string }[];
  preferredReadReplica: number;
  messages: (FetchedRecord | UnreadableEntry)[];
}

export interface FetchResponse {
  throttleTime: number;
  clientSideThrottleTime: number;
  errorCode: number;
  sessionId: number;
  responses: { topicName: string; partitions: FetchedPartition[] }[];
}

/** Returns the requested offset of a partition. */
export type RequestedOffset = (topic: string, partition: number) => bigint;

/**
 * Errors of a partition that kafkajs resolves with other metadata or another offset: out of range, no such
 * partition, no leader, another leader, a fenced or unknown epoch of the leader. After any other error it
 * abandons the consumer.
 */
const RESOLVED_BY_KAFKAJS = [1, 3, 5, 6, 74, 75];

/**
 * Reads a fetch response of version 4 to 11. Records that cannot be read, and an error of the broker, become
 * an entry in the records of their partition. They do not affect other partitions.
 */
export async function readFetchAnswer(
  version: number,
  bytes: Buffer,
  asked: RequestedOffset,
): Promise<FetchResponse> {
  const fields = createCursor(bytes);
  const throttleTime = fields.int32();
  const errorCode = version >= 7 ? fields.int16() : 0;
  const sessionId = version >= 7 ? fields.int32() : 0;
  const responses: FetchResponse['responses'] = [];
  for (let topics = fields.int32(); topics > 0; topics--) {
    const topicName = readText(fields);
    const partitions: FetchedPartition[] = [];
    for (let count = fields.int32(); count > 0; count--) {
      const { records, ...head } = readHead(version, fields);
      const from = asked(topicName, head.partition);
      const refused = head.errorCode !== 0 && !RESOLVED_BY_KAFKAJS.includes(head.errorCode);
      partitions.push({
        ...head,
        errorCode: refused ? 0 : head.errorCode,
        messages: refused
          ? [
              unreadable({
                first: from,
                last: from,
                why: errors.createErrorFromCode(head.errorCode).message,
                raw: undefined,
              }),
            ]
          : await readPartition(records, { from, end: BigInt(head.highWatermark) }),
      });
    }
    responses.push({ topicName, partitions });
  }
  // From version 8 on the broker does not wait itself but expects the client to wait.
  const ours = version >= 8;
  return {
    throttleTime: ours ? 0 : throttleTime,
    clientSideThrottleTime: ours ? throttleTime : 0,
    errorCode,
    sessionId,
    responses,
  };
}

function readHead(version: number, fields: Cursor) {
  const head = {
    partition: fields.int32(),
    errorCode: fields.int16(),
    highWatermark: String(fields.int64()),
    lastStableOffset: String(fields.int64()),
  };
  if (version >= 5) fields.int64(); // the log start offset
  const abortedTransactions: FetchedPartition['abortedTransactions'] = [];
  for (let count = fields.int32(); count > 0; count--) {
    abortedTransactions.push({ producerId: String(fields.int64()), firstOffset: String(fields.int64()) });
  }
  const preferredReadReplica = version >= 11 ? fields.int32() : -1;
  return {
    ...head,
    abortedTransactions,
    preferredReadReplica,
    records: fields.bytes(Math.max(0, fields.int32())),
  };
}

const readText = (fields: Cursor): string => fields.bytes(Math.max(0, fields.int16())).toString();
