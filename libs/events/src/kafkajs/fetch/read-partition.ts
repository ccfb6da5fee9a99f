import { crc32 } from 'node:zlib';
import Decoder from 'kafkajs/src/protocol/decoder.js';
import decodeMessageSet from 'kafkajs/src/protocol/messageSet/decoder.js';
import { CorruptData } from '../../codecs/corrupt-data.ts';
import { decodeBatch, offsetsOf, type FetchedRecord } from './record-batch.ts';

/** Stands in the records of a partition for those that cannot be read; it is the last one of its fetch. */
export interface UnreadableEntry extends FetchedRecord {
  unreadable: { first: bigint; why: string; raw: Buffer | undefined };
}

/** Offset, length and what up to the magic byte is the same in all formats. */
const HEAD_BYTES = 17;
const BEFORE_LENGTH_ENDS = 12;
const FORMAT = 16;

/** A fetch stops behind a batch that was inflated to more than this: the rest comes with the next one. */
const ENOUGH_BYTES = 8 * 1_048_576;

/** The offset that was asked for, and the end of the partition. */
interface Asked {
  from: bigint;
  /**
   * The high watermark of the answer. The broker notes it before it reads the log (Partition.readFromLocalLog), so what was
   * appended in between lies behind it.
   */
  end: bigint;
}

/**
 * The records that a fetch has brought of a partition. One batch that cannot be read ends them, and costs no other
 * partition: kafkajs's decoder throws the whole answer away.
 */
export async function readPartition(
  bytes: Buffer,
  asked: Asked,
): Promise<(FetchedRecord | UnreadableEntry)[]> {
  const { from, end } = asked;
  const found: (FetchedRecord | UnreadableEntry)[] = [];
  let inflated = 0;
  // An answer begins with the entry of the offset that was asked for, and only that one is always whole.
  let reached = false;
  let expected = from;
  for (let at = 0; at < bytes.length && (inflated < ENOUGH_BYTES || !reached);) {
    const entry = entryAt(bytes, at);
    if (!entry && reached) break;
    const next = entry && offsetAt(bytes, at + entry.length);
    try {
      if (!entry) throw new CorruptData('its length is wrong');
      const { records, bytes: size } = await decode(entry);
      const last = BigInt(records.at(-1)?.offset ?? -1);
      if (last >= end && !beginsAt(entry, expected)) throw new CorruptData('its offsets are wrong');
      for (const record of records) found.push(record);
      reached ||= last >= from;
      if (last >= expected) expected = last + 1n;
      inflated += size;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (next === undefined || next > from) {
        found.push(
          unreadable({
            ...rangeOf(entry, { next, from: expected < end ? expected : from, end }),
            why: error.message,
            raw: entry ?? bytes,
          }),
        );
        return found;
      }
    }
    at += entry?.length ?? bytes.length;
  }
  if (bytes.length > 0 && !reached) {
    found.push(unreadable({ first: from, last: from, why: 'its offsets are wrong', raw: bytes }));
  }
  return found;
}

/** @returns undefined when it is cut off, or its length is wrong */
function entryAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + HEAD_BYTES > bytes.length) return undefined;
  const end = at + BEFORE_LENGTH_ENDS + bytes.readInt32BE(at + 8);
  return end < at + HEAD_BYTES || end > bytes.length ? undefined : bytes.subarray(at, end);
}

/**
 * Whether a batch begins just behind what was read. No CRC covers its offset: one behind the high watermark is believed
 * there alone. A batch behind a gap waits for the next fetch, which has a later watermark.
 */
const beginsAt = (entry: Buffer, expected: bigint): boolean =>
  entry.readUInt8(FORMAT) >= 2 && offsetAt(entry, 0) === expected;

/** The offset in the head of the entry that begins at `at`. */
const offsetAt = (bytes: Buffer, at: number): bigint | undefined =>
  at + 8 <= bytes.length ? bytes.readBigInt64BE(at) : undefined;

async function decode(entry: Buffer): Promise<{ records: FetchedRecord[]; bytes: number }> {
  const format = entry.readUInt8(FORMAT);
  if (format === 2) return decodeBatch(entry);
  if (format > 2) throw new CorruptData(`the format ${format} is unknown`);
  // Left by producers and brokers before 0.11.
  if (crc32(entry.subarray(FORMAT)) !== entry.readUInt32BE(BEFORE_LENGTH_ENDS)) {
    throw new CorruptData('its CRC does not match');
  }
  const records = await decodeMessageSet(new Decoder(entry), entry.length);
  return {
    records: records.map((record) => ({ ...OLD, ...record })),
    bytes: records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0),
  };
}

const OLD = {
  timestamp: '-1',
  headers: {},
  isControlRecord: false,
  batchContext: { producerId: '-1', inTransaction: false },
};

/**
 * The offsets that are lost with an entry. The offsets in its own head count if they lie between the offset that was
 * asked for and the next entry, or the end. Otherwise the entry ends before the next one, or has one offset: stepping
 * over too few is done again, and stepping over too many would lose records.
 */
function rangeOf(entry: Buffer | undefined, { next, from, end }: { next: bigint | undefined } & Asked) {
  const limit = next !== undefined && next > from && next < end ? next : end;
  const own = entry && entry.readUInt8(FORMAT) >= 2 ? offsetsOf(entry) : undefined;
  const first = own && own.first > from && own.first < limit ? own.first : from;
  if (own?.last !== undefined && own.last >= first && own.last < limit) return { first, last: own.last };
  return { first, last: limit === next ? next - 1n : first };
}

/** For kafkajs it has the last of its offsets: whoever has read it goes on behind them. */
export const unreadable = ({
  first,
  last,
  why,
  raw,
}: UnreadableEntry['unreadable'] & { last: bigint }): UnreadableEntry => ({
  ...OLD,
  offset: String(last),
  key: null,
  value: null,
  unreadable: { first, why, raw },
});
