import { randomBytes } from 'node:crypto';
import { crc32, gzipSync, zstdCompressSync } from 'node:zlib';
import { seeded } from '@core/testing';
import { decompress } from './decompress.ts';

const GZIP = 1;
const SNAPPY = 2;
const LZ4 = 3;
const ZSTD = 4;
const MOST = 1_000_000;

const events = (count: number) =>
  Buffer.from(Array.from({ length: count }, (_, n) => `event ${n % 7};`).join(''));
const of = (base64: string) => Buffer.from(base64, 'base64');

/** The raw form of snappy-java, which librdkafka and the Go clients write too. */
const snappyRaw = of(
  'oAYcZXZlbnQgMDsJCAAxDQgAMg0IADMNCAA0DQgANQ0IADYNCP44AP44AP44AP44AP44AP44AP44AP44AP44AP44AP44AIY4AA==',
);
/** The form of Kafka's Java client: a header, and the length of each block. */
const JAVA_HEADER = of('glNOQVBQWQAAAAABAAAAAQ==');
const framed = (...blocks: Buffer[]) =>
  Buffer.concat([
    JAVA_HEADER,
    ...blocks.flatMap((block) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(block.length);
      return [length, block];
    }),
  ]);

/**
 * The output of `lz4 -BD -B4`: two blocks, where the second refers to the first, and a checksum of the
 * content.
 */
const lz4Linked = of(
  'BCJNGERAXi0BAACCZXZlbnQgMDsIABMxCAATMggAEzMIABM0CAATNQgAEzYIAA84AP////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////+qUG50IDE7IwAAAA/w//////////////////////////////////9BUG50IDQ7AAAAAHqqH3g=',
);
/** The output of `lz4 -BX --content-size`: a checksum of each block, and the size in the header. */
const lz4Sums = of(
  'BCJNGHxAQBkBAAAAAAC5LQEAAIJldmVudCAwOwgAEzEIABMyCAATMwgAEzQIABM1CAATNggADzgA/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////6pQbnQgMTt4xjYARgAAAIJldmVudCAyOwgAEzMIABM0CAATNQgAEzYIABMwCAATMQgADzgA/////////////////////////////////wNQbnQgNDvjEKvnAAAAAHqqH3g=',
);

/** Returns a Zstandard frame that requests a window of this many bits and does not contain its size. */
const zstdWindow = (bits: number, text: string) => {
  const block = Buffer.alloc(3);
  block.writeUIntLE((text.length << 3) | 1, 0, 3); // the last block, uncompressed
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (bits - 10) << 3]),
    block,
    Buffer.from(text),
  ]);
};
const skippable = of('UCpNGAMAAABhYmM=');

/** Returns a gzip member with every optional part of a header. */
const gzipFields = (text: string) => {
  const header = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 255]),
    Buffer.from([3, 0, 1, 2, 3]),
    Buffer.from('name\0a comment\0'),
  ]);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(crc32(header) & 0xffff);
  return Buffer.concat([header, sum, gzipSync(text).subarray(10)]);
};

const short = events(100);
const long = events(9_000);
const twice = Buffer.concat([short, short]);
const gzipTwice = Buffer.concat([gzipSync(short), gzipSync(short)]);
const wrongSum = (member: Buffer) => Buffer.concat([member.subarray(0, -8), Buffer.alloc(8)]);
const SAMPLES: [name: string, codec: number, compressed: Buffer, plain: Buffer][] = [
  ['none', 0, short, short],
  ['gzip', GZIP, gzipSync(long), long],
  ['gzip in two members', GZIP, gzipTwice, twice],
  ['snappy', SNAPPY, snappyRaw, short],
  ['snappy of Java', SNAPPY, framed(snappyRaw, snappyRaw), twice],
  ['snappy of Java, reopened', SNAPPY, Buffer.concat([framed(snappyRaw), framed(snappyRaw)]), twice],
  ['snappy of Java, empty', SNAPPY, framed(), Buffer.alloc(0)],
  ['snappy, empty', SNAPPY, of('AA=='), Buffer.alloc(0)],
  ['lz4 with linked blocks', LZ4, lz4Linked, long],
  ['lz4 with checksums', LZ4, lz4Sums, long],
  ['lz4 after a skippable frame', LZ4, Buffer.concat([skippable, lz4Sums]), long],
  ['uncompressed lz4', LZ4, Buffer.concat([of('BCJNGGBAggUAAIBoZWxsbwAAAAA=')]), Buffer.from('hello')],
  ['gzip with all header fields', GZIP, gzipFields('hello'), Buffer.from('hello')],
  ['zstd', ZSTD, zstdCompressSync(long), long],
  [
    'zstd in two frames',
    ZSTD,
    Buffer.concat([zstdCompressSync(long), zstdWindow(20, 'hello')]),
    Buffer.concat([long, Buffer.from('hello')]),
  ],
  ['zstd after a skippable frame', ZSTD, Buffer.concat([skippable, zstdCompressSync(long)]), long],
];

it.each(SAMPLES)('decompresses %s', async (_, codec, compressed, plain) => {
  expect((await decompress(codec, compressed, MOST)).equals(plain)).toBe(true);
  // Also when the limit is exactly its size.
  expect(await decompress(codec, compressed, Math.max(plain.length, 1))).toHaveLength(plain.length);
});

const compressed = SAMPLES.filter(([, codec, , plain]) => codec !== 0 && plain.length > 10);

it.each(compressed)('refuses %s that exceeds the limit', async (_, codec, bytes, plain) => {
  await expect(decompress(codec, bytes, plain.length - 1)).rejects.toThrow(
    expect.objectContaining({
      name: 'CorruptData',
      message: `the decompressed data is larger than ${plain.length - 1} bytes`,
    }),
  );
});

// The data may end between two members, frames or streams: that is not a truncation.
const single = compressed.filter(([name]) => !/two|reopened|skippable/.test(name));

it.each(single)('detects every truncation of %s', async (name, codec, bytes) => {
  // A checksum after the end mark is not read.
  const end = name.startsWith('lz4 with') ? bytes.length - 4 : bytes.length;
  for (let length = 1; length < end; length += bytes.length > 500 ? 7 : 1) {
    // The format does not contain the number of snappy-java blocks, and fewer than four bytes are not a
    // block.
    if (name === 'snappy of Java' && (length - 16) % (4 + snappyRaw.length) < 4) continue;
    await expect(decompress(codec, bytes.subarray(0, length), MOST)).rejects.toThrow(
      expect.objectContaining({ name: 'CorruptData' }),
    );
  }
});

/**
 * Bytes that may follow the data. The streams of Kafka 4.1's Java client were given the same bytes and read
 * the same data, except that they refuse bytes after a Zstandard frame that are not a frame.
 */
const BEHIND: Record<string, Buffer> = {
  'a zero': Buffer.alloc(1),
  'three bytes': Buffer.from('abc'),
  'zero padding': Buffer.alloc(512),
  'a text': Buffer.from('garbage that is no part of it'),
  'the start of a gzip member': Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1, 2, 3]),
  'a header with a wrong checksum': Buffer.from([
    0x1f,
    0x8b,
    8,
    2,
    0,
    0,
    0,
    0,
    0,
    255,
    1,
    2,
    ...Buffer.alloc(20),
  ]),
  'another codec': zstdWindow(20, 'hello'),
};
const behind = (names: string[], codec: string, number: number, bytes: Buffer, plain: Buffer) =>
  names.map((name) => [name, codec, number, Buffer.concat([bytes, BEHIND[name]!]), plain] as const);

it.each([
  ...behind(Object.keys(BEHIND), 'gzip', GZIP, gzipSync(short), short),
  ...behind(Object.keys(BEHIND), 'gzip in two members', GZIP, gzipTwice, twice),
  ...behind(Object.keys(BEHIND), 'lz4', LZ4, lz4Linked, long),
  ['another frame', 'lz4', LZ4, Buffer.concat([lz4Linked, lz4Sums]), long] as const,
  ['half a frame', 'lz4', LZ4, Buffer.concat([lz4Linked, lz4Sums.subarray(0, 40)]), long] as const,
  ['a skippable frame', 'lz4', LZ4, Buffer.concat([lz4Linked, skippable]), long] as const,
  ...behind(['a zero', 'three bytes'], 'snappy of Java', SNAPPY, framed(snappyRaw), short),
  [
    'an invalid header',
    'snappy of Java',
    SNAPPY,
    Buffer.concat([framed(snappyRaw), JAVA_HEADER.subarray(0, 4), Buffer.alloc(15)]),
    short,
  ] as const,
  ['a skippable frame', 'zstd', ZSTD, Buffer.concat([zstdCompressSync(long), skippable]), long] as const,
  ...behind(['three bytes', 'zero padding', 'a text'], 'zstd', ZSTD, zstdCompressSync(long), long),
])('ignores %s after %s', async (_, __, codec, bytes, plain) => {
  expect((await decompress(codec, bytes, plain.length)).equals(plain)).toBe(true);
});

it.each([
  ['a text', 'snappy', SNAPPY, Buffer.concat([snappyRaw, Buffer.from('garbage')])],
  ['a byte', 'snappy', SNAPPY, Buffer.concat([snappyRaw, Buffer.alloc(1)])],
  ['a text', 'snappy of Java', SNAPPY, Buffer.concat([framed(snappyRaw), Buffer.from('garbage')])],
  ['zero padding', 'snappy of Java', SNAPPY, Buffer.concat([framed(snappyRaw), Buffer.alloc(8)])],
  ['a damaged member', 'gzip', GZIP, Buffer.concat([gzipSync(short), wrongSum(gzipSync(short))])],
  ['half a member', 'gzip', GZIP, Buffer.concat([gzipSync(short), gzipSync(short).subarray(0, 30)])],
  [
    'half a frame',
    'zstd',
    ZSTD,
    Buffer.concat([zstdCompressSync(long), zstdCompressSync(long).subarray(0, 9)]),
  ],
])('refuses %s after %s', async (_, __, codec, bytes) => {
  await expect(decompress(codec, bytes, MOST)).rejects.toThrow(
    expect.objectContaining({ name: 'CorruptData' }),
  );
});

it.each([10, 20, 25, 26, 27])('reads Zstandard with a window of 2^%i bytes', async (bits) => {
  expect(String(await decompress(ZSTD, zstdWindow(bits, 'hello'), 5))).toBe('hello');
});

it('refuses a larger window, which no level requests', async () => {
  await expect(decompress(ZSTD, zstdWindow(28, 'hello'), MOST)).rejects.toThrow('too much memory');
});

it('uses only the memory of a window that is written', async () => {
  const before = process.memoryUsage.rss();
  let highest = 0;
  const measure = () => (highest = Math.max(highest, process.memoryUsage.rss() - before));
  const measuring = setInterval(measure, 1);
  try {
    await Promise.all(Array.from({ length: 16 }, () => decompress(ZSTD, zstdWindow(27, 'hello'), MOST)));
  } finally {
    clearInterval(measuring);
  }
  measure();
  // Each reserves 128 MiB.
  expect(highest).toBeLessThan(256 * 1_048_576);
});

it('terminates for arbitrary bytes, and never exceeds the limit', async () => {
  const seed = Date.now() % 1e6;
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  for (let n = 0; n < 3_000; n++) {
    const [name, codec, bytes] = compressed[below(compressed.length)]!;
    const damaged = Buffer.from(bytes);
    for (let change = 0; change <= below(4); change++) damaged[below(damaged.length)] = below(256);
    const input = below(10) === 0 ? randomBytes(below(300)) : damaged;
    try {
      expect((await decompress(codec, input, 100_000)).length).toBeLessThanOrEqual(100_000);
    } catch (error) {
      if ((error as Error).name !== 'CorruptData') throw new Error(`${name}, seed ${seed}`, { cause: error });
    }
  }
});

it('allocates nothing for a few bytes that declare gigabytes', async () => {
  const before = process.memoryUsage().arrayBuffers;
  // A declared length of 4 GiB without data.
  await expect(decompress(SNAPPY, of('/////w8='), 2 ** 33)).rejects.toThrow('impossible');
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
});

it.each([5, 6, 7])('names the unknown codec %i', async (codec) => {
  await expect(decompress(codec, short, MOST)).rejects.toThrow(`the codec ${codec} is unknown`);
});
