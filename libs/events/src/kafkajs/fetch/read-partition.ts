import { crc32 } from 'node:zlib';
import Decoder from 'kafkajs/src/protocol/decoder.js';
import decodeMessageSet from 'kafkajs/src/protocol/messageSet/decoder.js';
import { CorruptData } from '../../codecs/corrupt-data.ts';
import { decodeBatch, offsetsOf, type FetchedRecord } from './record-batch.ts';

/** Replaces records of a partition that cannot be read. It is the last entry of its fetch. */
export interface UnreadableEntry extends FetchedRecord {
  unreadable: { first: bigint; why: string; raw: Buffer | undefined };
}

/** Offset, length and the fields up to the magic byte, which are the same in all formats. */
const HEAD_BYTES = 17;
const BEFORE_LENGTH_ENDS = 12;
const FORMAT = 16;

/** A fetch stops once more than this has been decompressed: the rest comes with the next one. */
const ENOUGH_BYTES = 8 * 1_048_576;

/** The requested offset, and the end of the partition. */
interface RequestedRange {
  from: bigint;
  /**
   * The high watermark of the response. The broker notes it before it reads the log
   * (Partition.readFromLocalLog), so records that were appended in between lie beyond it.
   */
  end: bigint;
}

/**
 * Returns the fetched records of a partition. One batch that cannot be read ends them, but affects no other
 * partition. kafkajs's own decoder discards the whole response.
 */
export async function readPartition(
  bytes: Buffer,
  asked: RequestedRange,
): Promise<(FetchedRecord | UnreadableEntry)[]> {
  const { from, end } = asked;
  const found: (FetchedRecord | UnreadableEntry)[] = [];
  let inflated = 0;
  // A response starts with the entry of the requested offset, and only this entry is always complete.
  let reached = false;
  let expected = from;
  for (let at = 0; at < bytes.length && (inflated < ENOUGH_BYTES || !reached);) {
    const entry = entryAt(bytes, at);
    if (!entry && reached) break;
    const next = entry && offsetAt(bytes, at + entry.length);
    try {
      if (!entry) throw new CorruptData('the length of the batch is wrong');
      const { records, bytes: size } = await decode(entry);
      const last = BigInt(records.at(-1)?.offset ?? -1);
      if (last >= end && !beginsAt(entry, expected))
        throw new CorruptData('the offsets of the batch are wrong');
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
    found.push(
      unreadable({ first: from, last: from, why: 'the offsets of the batch are wrong', raw: bytes }),
    );
  }
  return found;
}

/** @returns undefined when the entry is truncated, or its length is wrong */
function entryAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + HEAD_BYTES > bytes.length) return undefined;
  const end = at + BEFORE_LENGTH_ENDS + bytes.readInt32BE(at + 8);
  return end < at + HEAD_BYTES || end > bytes.length ? undefined : bytes.subarray(at, end);
}

/**
 * Returns whether a batch starts right after the records that were read. No CRC covers its offset, so an
 * offset beyond the high watermark is trusted only there. A batch after a gap waits for the next fetch, which
 * has a later watermark.
 */
const beginsAt = (entry: Buffer, expected: bigint): boolean =>
  entry.readUInt8(FORMAT) >= 2 && offsetAt(entry, 0) === expected;

/** Returns the offset in the header of the entry that starts at `at`. */
const offsetAt = (bytes: Buffer, at: number): bigint | undefined =>
  at + 8 <= bytes.length ? bytes.readBigInt64BE(at) : undefined;

async function decode(entry: Buffer): Promise<{ records: FetchedRecord[]; bytes: number }> {
  const format = entry.readUInt8(FORMAT);
  if (format === 2) return decodeBatch(entry);
  if (format > 2) throw new CorruptData(`the format ${format} is unknown`);
  // Formats of producers and brokers before 0.11.
  if (crc32(entry.subarray(FORMAT)) !== entry.readUInt32BE(BEFORE_LENGTH_ENDS)) {
    throw new CorruptData('the CRC does not match');
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
 * Returns the range of offsets that are lost with an entry. The offsets in its own header are used if they
 * lie between the requested offset and the next entry, or the end. Otherwise the range ends before the next
 * entry, or has one offset. If too few are stepped over, it can be done again; stepping over too many would
 * lose records.
 */
function rangeOf(
  entry: Buffer | undefined,
  { next, from, end }: { next: bigint | undefined } & RequestedRange,
) {
  const limit = next !== undefined && next > from && next < end ? next : end;
  const own = entry && entry.readUInt8(FORMAT) >= 2 ? offsetsOf(entry) : undefined;
  const first = own && own.first > from && own.first < limit ? own.first : from;
  if (own?.last !== undefined && own.last >= first && own.last < limit) return { first, last: own.last };
  return { first, last: limit === next ? next - 1n : first };
}

/**
 * Creates an entry for unreadable records. It has the last of their offsets, so that kafkajs continues after
 * them.
 */
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
