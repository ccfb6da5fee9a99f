import { crc32c } from '../../codecs/crc32c.ts';
import { CorruptData } from '../../codecs/corrupt-data.ts';
import { decompress } from '../../codecs/decompress.ts';
import { headerText } from '../../header-text.ts';
import { createCursor, type Cursor } from './cursor.ts';

/** A record in the form that kafkajs hands on. */
export interface FetchedRecord {
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, string>;
  /** kafkajs steps over it: it is no record of a producer. */
  isControlRecord: boolean;
  batchContext: { producerId: string; inTransaction: boolean };
}

/** Where the parts of a batch stand. Up to the magic byte every format is alike. */
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
 * The records of one batch, decompressed. Producers fill a batch up to a megabyte, before or after compression; a batch
 * that becomes more than this is made to harm.
 */
export const LARGEST_BATCH_BYTES = 64 * 1_048_576;
/** Seven bytes make a record, and an object of 200 bytes for us. */
const MOST_RECORDS = 500_000;

/** The offsets of a batch as its head says; the last one where that can be believed. */
export function offsetsOf(batch: Buffer): { first: bigint; last: bigint | undefined } {
  const first = batch.readBigInt64BE(AT.baseOffset);
  if (batch.length < AT.records) return { first, last: undefined };
  const delta = batch.readInt32BE(AT.lastOffsetDelta);
  // The head is believed where its CRC is right, or two fields of it agree.
  const believed = delta >= 0 && (isIntact(batch) || batch.readInt32BE(AT.count) === delta + 1);
  return { first, last: believed ? first + BigInt(delta) : undefined };
}

const isIntact = (batch: Buffer): boolean =>
  crc32c(batch.subarray(AT.attributes)) === batch.readUInt32BE(AT.crc);

/**
 * Decodes a batch of format 2, which is Kafka's since 0.11. Strict, where kafkajs's own decoder is not: it looks at no
 * CRC, and cuts off a value that is longer than what there is.
 * @param batch from its base offset to its end
 * @returns its records, and their bytes as far as they have been compressed
 * @throws CorruptData
 */
export async function decodeBatch(batch: Buffer): Promise<{ records: FetchedRecord[]; bytes: number }> {
  if (batch.length < AT.records) throw new CorruptData('a batch is shorter than its head');
  if (!isIntact(batch)) throw new CorruptData('its CRC does not match');
  const attributes = batch.readInt16BE(AT.attributes);
  const lastDelta = batch.readInt32BE(AT.lastOffsetDelta);
  const count = batch.readInt32BE(AT.count);
  if (lastDelta < 0 || count < 0) throw new CorruptData('a count is negative');
  if (count > MOST_RECORDS) throw new CorruptData(`it has more than ${MOST_RECORDS} records`);
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
      throw new CorruptData('its offsets are out of order');
    before = offsetDelta;
    records.push({
      offset: String(baseOffset + BigInt(offsetDelta)),
      timestamp: appended ?? String(baseTimestamp + timestampDelta),
      ...record,
      isControlRecord,
      batchContext,
    });
  }
  if (!cursor.atEnd()) throw new CorruptData('something stands behind its last record');
  if (before < lastDelta) records.push(filler(baseOffset + BigInt(lastDelta), batchContext));
  return { records, bytes: bytes.length };
}

/** Compaction may take the last records of a batch, or all: without one, kafkajs would fetch it for ever. */
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
  if (cursor.position() !== begin + length) throw new CorruptData('a record is not as long as it says');
  return { offsetDelta, timestampDelta, key, value, headers };
}

/** The last one of a repeated name. */
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
