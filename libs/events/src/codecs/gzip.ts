import { promisify } from 'node:util';
import { crc32, inflateRaw, type Zlib } from 'node:zlib';
import { CorruptData } from './corrupt-data.ts';
import { inflate, limitsFor, tooLarge } from './inflate.ts';

const MAGIC = 0x1f8b;
const DEFLATE = 8;
const FIXED_HEADER_BYTES = 10;
const TRAILER_BYTES = 8;

const FLAG = { headerCrc: 0x02, extra: 0x04, name: 0x08, comment: 0x10 } as const;

/**
 * Decompresses gzip members like Java's GZIPInputStream, with which Kafka's broker accepts a batch.
 * Consecutive members are one text, and bytes after the last one are ignored. Rejected: Node's gunzip, which
 * refuses the whole input for such bytes. The partition would then wait for a batch that every other consumer
 * can read.
 * @param most maximum bytes of the result
 * @throws CorruptData
 */
export async function decompressGzip(input: Buffer, most: number): Promise<Buffer> {
  const members: Buffer[] = [];
  let size = 0;
  let data = headerEnd(input, 0);
  if (data === undefined) throw new CorruptData('missing gzip header');
  while (data !== undefined) {
    const { bytes, consumed } = await inflateMember(input.subarray(data), most - size, most);
    const trailer: number = data + consumed;
    assertTrailer(input, trailer, bytes);
    members.push(bytes);
    size += bytes.length;
    if (size > most) throw tooLarge(most);
    data = nextHeaderEnd(input, trailer + TRAILER_BYTES);
  }
  return Buffer.concat(members);
}

async function inflateMember(input: Buffer, room: number, most: number) {
  const options = { ...limitsFor(input, room), info: true };
  // Node's types do not describe the result with `info`.
  const result = (await inflate(promisify(inflateRaw)(input, options), 'gzip', most)) as unknown;
  const { buffer, engine } = result as { buffer: Buffer; engine: Zlib };
  return { bytes: buffer, consumed: engine.bytesWritten };
}

function assertTrailer(input: Buffer, at: number, bytes: Buffer): void {
  if (at + TRAILER_BYTES > input.length) throw new CorruptData('the gzip data ends too early');
  if (input.readUInt32LE(at) !== crc32(bytes) || input.readUInt32LE(at + 4) !== bytes.length) {
    throw new CorruptData('invalid gzip trailer');
  }
}

/** Java does not search for a member in fewer bytes than a header and a trailer have. */
const nextHeaderEnd = (input: Buffer, at: number): number | undefined =>
  input.length - at > FIXED_HEADER_BYTES + TRAILER_BYTES ? headerEnd(input, at) : undefined;

/** @returns the position of a member's data; undefined when no header starts here */
function headerEnd(input: Buffer, begin: number): number | undefined {
  let at = begin + FIXED_HEADER_BYTES;
  if (at > input.length || input.readUInt16BE(begin) !== MAGIC || input[begin + 2] !== DEFLATE) {
    return undefined;
  }
  const flags = input.readUInt8(begin + 3);
  if (flags & FLAG.extra) {
    if (at + 2 > input.length) return undefined;
    at += 2 + input.readUInt16LE(at);
  }
  for (const text of [FLAG.name, FLAG.comment]) {
    if (!(flags & text)) continue;
    const end = input.indexOf(0, at);
    if (end === -1) return undefined;
    at = end + 1;
  }
  if (flags & FLAG.headerCrc) {
    if (at + 2 > input.length) return undefined;
    if (input.readUInt16LE(at) !== (crc32(input.subarray(begin, at)) & 0xffff)) return undefined;
    at += 2;
  }
  return at <= input.length ? at : undefined;
}
