import { copyBack, copyFrom } from './copy.ts';
import { CorruptData } from './corrupt-data.ts';

const FRAME = 0x184d2204;
/** Frames with application data, which are skipped. The last four bits of this number are arbitrary. */
const SKIPPABLE = 0x184d2a5;
const SHORTEST_MATCH = 4;

const FLAG = { blockChecksum: 0x10, contentSize: 0x08, dictionary: 0x01 } as const;
const UNCOMPRESSED = 0x80000000;

/**
 * Decompresses an LZ4 frame, which skippable frames may precede. Bytes after its end mark are ignored, as by
 * Kafka's Java client. This includes further frames, which no producer writes. Its checksums are skipped: the
 * CRC of the record batch covers the same bytes, and early Kafka clients wrote a wrong checksum of the
 * header.
 * @param most maximum bytes of the result
 * @throws CorruptData
 */
export function decompressLz4(input: Buffer, most: number): Buffer {
  const output = new Output(Math.min(most, 4 * input.length), most);
  let at = 0;
  while (readInt(input, at) >>> 4 === SKIPPABLE) at += 8 + readInt(input, at + 4);
  readFrame(input, at, output);
  return output.bytes.subarray(0, output.end);
}

/** The result so far. It is one growing buffer, because a match may refer to earlier blocks. */
class Output {
  bytes: Buffer;
  end = 0;
  readonly #most: number;

  constructor(size: number, most: number) {
    this.bytes = Buffer.allocUnsafe(size);
    this.#most = most;
  }

  /** Ensures room for this many more bytes. */
  reserve(length: number): void {
    const needed = this.end + length;
    if (needed <= this.bytes.length) return;
    if (needed > this.#most)
      throw new CorruptData(`the decompressed data is larger than ${this.#most} bytes`);
    const larger = Buffer.allocUnsafe(Math.min(this.#most, Math.max(needed, 2 * this.bytes.length)));
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }

  literal(input: Buffer, from: number, length: number): void {
    if (from + length > input.length) throw endsTooEarly();
    this.reserve(length);
    copyFrom(input, from, this.bytes, this.end, length);
    this.end += length;
  }

  match(distance: number, length: number): void {
    if (distance === 0 || distance > this.end) throw new CorruptData('invalid lz4 match');
    this.reserve(length);
    copyBack(this.bytes, this.end, distance, length);
    this.end += length;
  }
}

function readFrame(input: Buffer, begin: number, output: Output): void {
  if (readInt(input, begin) !== FRAME) throw new CorruptData('missing lz4 frame');
  const flags = readByte(input, begin + 4);
  if (flags >> 6 !== 1) throw new CorruptData('unknown lz4 version');
  if (flags & FLAG.dictionary) throw new CorruptData('lz4 dictionaries are not supported');
  // Skips the flags, the maximum block size and the checksum of the header.
  let at = begin + 7 + (flags & FLAG.contentSize ? 8 : 0);
  for (;;) {
    const head = readInt(input, at);
    at += 4;
    if (head === 0) return;
    const end = at + (head & ~UNCOMPRESSED);
    if (end > input.length) throw endsTooEarly();
    if (head & UNCOMPRESSED) output.literal(input, at, end - at);
    else readBlock(input.subarray(at, end), output);
    at = end + (flags & FLAG.blockChecksum ? 4 : 0);
  }
}

function readBlock(block: Buffer, output: Output): void {
  let at = 0;
  const readLength = (nibble: number): number => {
    let length = nibble;
    if (nibble === 15) {
      let more: number;
      do length += more = readByte(block, at++);
      while (more === 255);
    }
    return length;
  };
  while (at < block.length) {
    const token = readByte(block, at++);
    const literal = readLength(token >> 4);
    output.literal(block, at, literal);
    at += literal;
    if (at === block.length) return; // the last sequence is a literal without a match
    const distance = readByte(block, at) + 256 * readByte(block, at + 1);
    at += 2;
    output.match(distance, readLength(token & 15) + SHORTEST_MATCH);
  }
}

function readByte(input: Buffer, at: number): number {
  const byte = input[at];
  if (byte === undefined) throw endsTooEarly();
  return byte;
}

function readInt(input: Buffer, at: number): number {
  if (at + 4 > input.length) throw endsTooEarly();
  return input.readUInt32LE(at);
}

const endsTooEarly = () => new CorruptData('the lz4 data ends too early');
