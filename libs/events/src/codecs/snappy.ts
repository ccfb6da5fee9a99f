import { copyBack, copyFrom } from './copy.ts';
import { CorruptData } from './corrupt-data.ts';

/** snappy-java, and so Kafka's Java client, writes this before its blocks. Two version numbers follow. */
const JAVA_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const JAVA_HEADER_BYTES = 16;
const LENGTH_BYTES = 4;

/** No element expands further: three bytes repeat 64. A length beyond this ratio is never allocated. */
const LARGEST_RATIO = 22;

/**
 * Decompresses Snappy: one raw block, as librdkafka and the Go clients write it, or the blocks of
 * snappy-java. Up to three bytes after the last block, too few for another length, are ignored, as
 * snappy-java does.
 * @param most maximum bytes of the result
 * @throws CorruptData
 */
export function decompressSnappy(input: Buffer, most: number): Buffer {
  if (!isJava(input, 0)) return decompressBlock(input, { room: most, most });
  const blocks: Buffer[] = [];
  let room = most;
  for (let at = 0; at + LENGTH_BYTES <= input.length;) {
    // A stream that was reopened and continued has another header in its middle.
    if (isJava(input, at)) {
      at += JAVA_HEADER_BYTES;
      continue;
    }
    // Bytes that start like a header but are not one end the data, as they do for snappy-java.
    if (at + JAVA_HEADER_BYTES <= input.length && beginsLikeJava(input, at)) break;
    const begin = at + LENGTH_BYTES;
    const end = begin + input.readUInt32BE(at);
    if (end > input.length) throw new CorruptData('a snappy block ends too early');
    const block = decompressBlock(input.subarray(begin, end), { room, most });
    blocks.push(block);
    room -= block.length;
    at = end;
  }
  return Buffer.concat(blocks);
}

const isJava = (input: Buffer, at: number): boolean =>
  input.length >= at + JAVA_HEADER_BYTES && JAVA_MAGIC.equals(input.subarray(at, at + JAVA_MAGIC.length));

const beginsLikeJava = (input: Buffer, at: number): boolean =>
  input.readUInt32BE(at) === JAVA_MAGIC.readUInt32BE(0);

function decompressBlock(input: Buffer, { room, most }: { room: number; most: number }): Buffer {
  const { size, at: begin } = readSize(input);
  if (size > room) throw new CorruptData(`the decompressed data is larger than ${most} bytes`);
  if (size > LARGEST_RATIO * input.length) throw new CorruptData('impossible snappy length');
  const output = Buffer.allocUnsafe(size);
  let at = begin;
  let out = 0;
  while (at < input.length) {
    const tag = input.readUInt8(at++);
    if ((tag & 3) === 0) {
      const extra = Math.max(0, (tag >> 2) - 59);
      const length = (extra > 0 ? readNumber(input, at, extra) : tag >> 2) + 1;
      at += extra;
      if (at + length > input.length || out + length > size) throw new CorruptData('invalid snappy literal');
      copyFrom(input, at, output, out, length);
      at += length;
      out += length;
      continue;
    }
    const bytes = (tag & 3) === 3 ? 4 : tag & 3;
    const near = (tag & 3) === 1;
    const length = near ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const distance = readNumber(input, at, bytes) + (near ? (tag >> 5) * 256 : 0);
    at += bytes;
    if (distance === 0 || distance > out || out + length > size) throw new CorruptData('invalid snappy copy');
    copyBack(output, out, distance, length);
    out += length;
  }
  if (out !== size) throw new CorruptData('the snappy data ends too early');
  return output;
}

/** Reads the length of the result, which comes first, with seven bits per byte. */
function readSize(input: Buffer): { size: number; at: number } {
  let size = 0;
  for (let at = 0; at < Math.min(input.length, 5); at++) {
    const byte = input.readUInt8(at);
    size += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { size, at: at + 1 };
  }
  throw new CorruptData('the snappy data has no length');
}

function readNumber(input: Buffer, at: number, bytes: number): number {
  if (at + bytes > input.length) throw new CorruptData('the snappy data ends too early');
  return input.readUIntLE(at, bytes);
}
