import { crc32c } from '../../codecs/crc32c.ts';
import { CorruptData } from '../../codecs/corrupt-data.ts';
import { decompress } from '../../codecs/decompress.ts';
import { headerText } from '../../header-text.ts';
import { createCursor, type Cursor } from './cursor.ts';

/** A record in the form that kafkajs passes on. */
export interface FetchedRecord {
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, string>;
  /** kafkajs skips a control record: it was not sent by a producer as a record. */
  isControlRecord: boolean;
  batchContext: { producerId: string; inTransaction: boolean };
}

/** The byte positions of a batch's fields. All formats are the same up to the magic byte. */
const AT = {
  baseOffset: 0,
  length: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  count: 57,
  records: 61,
} as const;

const CODEC = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/**
 * The maximum decompressed size of one batch. Producers fill a batch up to a megabyte, before or after
 * compression. A batch that is larger than this is an attack.
 */
export const LARGEST_BATCH_BYTES = 64 * 1_048_576;
/** A record can be as short as seven bytes, but becomes an object of 200 bytes here. */
const MAX_RECORDS = 500_000;

/** Returns the offsets in the header of a batch; the last one only when it can be trusted. */
export function offsetsOf(batch: Buffer): { first: bigint; last: bigint | undefined } {
  const first = batch.readBigInt64BE(AT.baseOffset);
  if (batch.length < AT.records) return { first, last: undefined };
  const delta = batch.readInt32BE(AT.lastOffsetDelta);
  // The header is trusted when its CRC is right, or two of its fields agree.
  const believed = delta >= 0 && (isIntact(batch) || batch.readInt32BE(AT.count) === delta + 1);
  return { first, last: believed ? first + BigInt(delta) : undefined };
}

const isIntact = (batch: Buffer): boolean =>
  crc32c(batch.subarray(AT.attributes)) === batch.readUInt32BE(AT.crc);

/**
 * Decodes a batch of format 2, Kafka's format since 0.11. It is strict, unlike kafkajs's own decoder, which
 * checks no CRC and truncates a value that is longer than the remaining data.
 * @param batch from its base offset to its end
 * @returns its records, and their decompressed size in bytes
 * @throws CorruptData
 */
export async function decodeBatch(batch: Buffer): Promise<{ records: FetchedRecord[]; bytes: number }> {
  if (batch.length < AT.records) throw new CorruptData('the batch is shorter than its header');
  if (!isIntact(batch)) throw new CorruptData('the CRC does not match');
  const attributes = batch.readInt16BE(AT.attributes);
  const lastDelta = batch.readInt32BE(AT.lastOffsetDelta);
  const count = batch.readInt32BE(AT.count);
  if (lastDelta < 0 || count < 0) throw new CorruptData('a count is negative');
  if (count > MAX_RECORDS) throw new CorruptData(`the batch has more than ${MAX_RECORDS} records`);
  const body = batch.subarray(AT.records);
  const bytes = count > 0 ? await decompress(attributes & CODEC, body, LARGEST_BATCH_BYTES) : body;

  const baseOffset = batch.readBigInt64BE(AT.baseOffset);
  const baseTimestamp = batch.readBigInt64BE(AT.baseTimestamp);
  const appended = attributes & LOG_APPEND_TIME ? String(batch.readBigInt64BE(AT.maxTimestamp)) : undefined;
  const isControlRecord = (attributes & CONTROL) !== 0;
  const batchContext = {
    producerId: String(batch.readBigInt64BE(AT.producerId)),
    inTransaction: (attributes & TRANSACTIONAL) !== 0,
  };
  const cursor = createCursor(bytes);
  const records: FetchedRecord[] = [];
  let before = -1;
  for (let n = 0; n < count; n++) {
    const { offsetDelta, timestampDelta, ...record } = readRecord(cursor);
    if (offsetDelta <= before || offsetDelta > lastDelta)
      throw new CorruptData('the offsets of the batch are out of order');
    before = offsetDelta;
    records.push({
      offset: String(baseOffset + BigInt(offsetDelta)),
      timestamp: appended ?? String(baseTimestamp + timestampDelta),
      ...record,
      isControlRecord,
      batchContext,
    });
  }
  if (!cursor.atEnd()) throw new CorruptData('there is data after the last record of the batch');
  if (before < lastDelta) records.push(filler(baseOffset + BigInt(lastDelta), batchContext));
  return { records, bytes: bytes.length };
}

/**
 * Compaction may remove the last records of a batch, or all. Without this entry, kafkajs would fetch the
 * batch forever.
 */
const filler = (offset: bigint, batchContext: FetchedRecord['batchContext']): FetchedRecord => ({
  offset: String(offset),
  timestamp: '-1',
  key: null,
  value: null,
  headers: {},
  isControlRecord: true,
  batchContext,
});

function readRecord(cursor: Cursor) {
  const length = cursor.varint();
  const begin = cursor.position();
  cursor.int8(); // its attributes are not used
  const timestampDelta = cursor.varlong();
  const offsetDelta = cursor.varint();
  const key = readBytes(cursor);
  const value = readBytes(cursor);
  const headers = readHeaders(cursor);
  if (cursor.position() !== begin + length)
    throw new CorruptData('a record does not have the length in its header');
  return { offsetDelta, timestampDelta, key, value, headers };
}

/** Reads the headers of a record. A repeated name has its last value. */
function readHeaders(cursor: Cursor): Record<string, string> {
  const count = cursor.varint();
  if (count < 0) throw new CorruptData('a count is negative');
  if (count === 0) return {};
  const headers: [string, string][] = [];
  for (let n = 0; n < count; n++) {
    const name = headerText(cursor.bytes(cursor.varint()));
    const value = readBytes(cursor);
    headers.push([name, value ? headerText(value) : '']);
  }
  return Object.fromEntries(headers);
}

function readBytes(cursor: Cursor): Buffer | null {
  const length = cursor.varint();
  return length === -1 ? null : cursor.bytes(length);
}
