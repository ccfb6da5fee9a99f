import { randomBytes } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
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

/** The output of `lz4 -BD -B4`: two blocks, the second reaches back into the first; a checksum of the content. */
const lz4Linked = of(
  'BCJNGERAXi0BAACCZXZlbnQgMDsIABMxCAATMggAEzMIABM0CAATNQgAEzYIAA84AP////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////+qUG50IDE7IwAAAA/w//////////////////////////////////9BUG50IDQ7AAAAAHqqH3g=',
);
/** The output of `lz4 -BX --content-size`: a checksum of each block, and the size at the head. */
const lz4Sums = of(
  'BCJNGHxAQBkBAAAAAAC5LQEAAIJldmVudCAwOwgAEzEIABMyCAATMwgAEzQIABM1CAATNggADzgA/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////6pQbnQgMTt4xjYARgAAAIJldmVudCAyOwgAEzMIABM0CAATNQgAEzYIABMwCAATMQgADzgA/////////////////////////////////wNQbnQgNDvjEKvnAAAAAHqqH3g=',
);
const lz4Skippable = Buffer.concat([of('UCpNGAMAAABhYmM='), lz4Sums]);

const short = events(100);
const long = events(9_000);
const SAMPLES: [name: string, codec: number, compressed: Buffer, plain: Buffer][] = [
  ['none', 0, short, short],
  ['gzip', GZIP, gzipSync(long), long],
  [
    'gzip in two members',
    GZIP,
    Buffer.concat([gzipSync(short), gzipSync(short)]),
    Buffer.concat([short, short]),
  ],
  ['snappy', SNAPPY, snappyRaw, short],
  ['snappy of Java', SNAPPY, framed(snappyRaw, snappyRaw), Buffer.concat([short, short])],
  [
    'snappy of Java, reopened',
    SNAPPY,
    Buffer.concat([framed(snappyRaw), framed(snappyRaw)]),
    Buffer.concat([short, short]),
  ],
  ['snappy of Java, empty', SNAPPY, framed(), Buffer.alloc(0)],
  ['snappy, empty', SNAPPY, of('AA=='), Buffer.alloc(0)],
  ['lz4 with linked blocks', LZ4, lz4Linked, long],
  ['lz4 with checksums', LZ4, lz4Sums, long],
  ['lz4 behind a skippable frame', LZ4, lz4Skippable, long],
  ['two frames of lz4', LZ4, Buffer.concat([lz4Linked, lz4Sums]), Buffer.concat([long, long])],
  ['lz4 not compressed', LZ4, Buffer.concat([of('BCJNGGBAggUAAIBoZWxsbwAAAAA=')]), Buffer.from('hello')],
  ['zstd', ZSTD, zstdCompressSync(long), long],
];

it.each(SAMPLES)('decompresses %s', async (_, codec, compressed, plain) => {
  expect((await decompress(codec, compressed, MOST)).equals(plain)).toBe(true);
  // Also where it is all that is allowed.
  expect(await decompress(codec, compressed, Math.max(plain.length, 1))).toHaveLength(plain.length);
});

const compressed = SAMPLES.filter(([, codec, , plain]) => codec !== 0 && plain.length > 10);

it.each(compressed)('takes no more than it may of %s', async (_, codec, bytes, plain) => {
  await expect(decompress(codec, bytes, plain.length - 1)).rejects.toThrow(
    expect.objectContaining({ name: 'CorruptData', message: `it is larger than ${plain.length - 1} bytes` }),
  );
});

// Two members, frames or streams may end between them: that is no truncation.
const single = compressed.filter(([name]) => !/two|reopened|skippable/.test(name));

it.each(single)('notices each end that is cut off of %s', async (name, codec, bytes) => {
  for (let length = 1; length < bytes.length; length += bytes.length > 500 ? 7 : 1) {
    // The blocks of snappy-java end at their own borders: how many there are nobody says.
    if (name === 'snappy of Java' && (length === 16 || length === 20 + snappyRaw.length)) continue;
    await expect(decompress(codec, bytes.subarray(0, length), MOST)).rejects.toThrow(
      expect.objectContaining({ name: 'CorruptData' }),
    );
  }
});

it('comes to an end with whatever bytes, and never makes more than it may', async () => {
  const seed = Date.now() % 1e6;
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  for (let n = 0; n < 3_000; n++) {
    const [name, codec, bytes] = compressed[below(compressed.length)]!;
    const spoilt = Buffer.from(bytes);
    for (let change = 0; change <= below(4); change++) spoilt[below(spoilt.length)] = below(256);
    const input = below(10) === 0 ? randomBytes(below(300)) : spoilt;
    try {
      expect((await decompress(codec, input, 100_000)).length).toBeLessThanOrEqual(100_000);
    } catch (error) {
      if ((error as Error).name !== 'CorruptData') throw new Error(`${name}, seed ${seed}`, { cause: error });
    }
  }
});

it('makes nothing of a few bytes that promise gigabytes', async () => {
  const before = process.memoryUsage().arrayBuffers;
  // A length of 4 GiB in front of nothing.
  await expect(decompress(SNAPPY, of('/////w8='), 2 ** 33)).rejects.toThrow('impossible');
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
});

it.each([5, 6, 7])('names the codec %i, which nobody knows', async (codec) => {
  await expect(decompress(codec, short, MOST)).rejects.toThrow(`the codec ${codec} is unknown`);
});
