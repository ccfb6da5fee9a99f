import { crc32 } from 'node:zlib';
import { gzipSync } from 'node:zlib';
import { seeded } from '@core/testing';
import { crc32c } from '../../codecs/crc32c.ts';
import { connectKafka } from '../connect.ts';
import { readPartition } from './read-partition.ts';

// Replaces kafkajs's codecs, which decode message sets.
connectKafka({ brokers: [], clientId: 'spec' });

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let left = value < 0 ? BigInt(-value) * 2n - 1n : BigInt(value) * 2n;
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(left)]);
};
const sized = (text: string | null) =>
  text === null ? varint(-1) : Buffer.concat([varint(Buffer.byteLength(text)), Buffer.from(text)]);
const framed = (bytes: Buffer) => Buffer.concat([varint(bytes.length), bytes]);

interface NewRecord {
  delta: number;
  value?: string | null;
  headers?: [string, string | null][];
  timestampDelta?: number;
}
const record = ({ delta, value = `v${delta}`, headers = [], timestampDelta = delta }: NewRecord) =>
  framed(
    Buffer.concat([
      Buffer.from([0]),
      varint(timestampDelta),
      varint(delta),
      sized('k'),
      sized(value),
      varint(headers.length),
      ...headers.flatMap(([name, text]) => [sized(name), sized(text)]),
    ]),
  );

interface NewBatch {
  base: number;
  records?: Buffer[];
  body?: Buffer;
  count?: number;
  lastDelta?: number;
  attributes?: number;
  maxTimestamp?: number;
}
function batch({ base, records = [0, 1].map((delta) => record({ delta })), ...rest }: NewBatch): Buffer {
  const { body = Buffer.concat(records), count = records.length } = rest;
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(BigInt(base), 0);
  head.writeInt32BE(49 + body.length, 8);
  head[16] = 2;
  head.writeInt16BE(rest.attributes ?? 0, 21);
  head.writeInt32BE(rest.lastDelta ?? count - 1, 23);
  head.writeBigInt64BE(1_000n, 27);
  head.writeBigInt64BE(BigInt(rest.maxTimestamp ?? 1_000), 35);
  head.writeBigInt64BE(-1n, 43);
  head.writeInt32BE(count, 57);
  const bytes = Buffer.concat([head, body]);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}
const damaged = (bytes: Buffer, change: (bytes: Buffer) => void): Buffer => {
  change(bytes);
  return bytes;
};
const read = (parts: Buffer[], from = 0, end = 1_000) =>
  readPartition(Buffer.concat(parts), { from: BigInt(from), end: BigInt(end) });
const offsets = async (...args: Parameters<typeof read>) =>
  (await read(...args)).map((each) => ('unreadable' in each ? `until ${each.offset}` : Number(each.offset)));
const unreadable = async (...args: Parameters<typeof read>) => {
  const last = (await read(...args)).at(-1);
  if (!last || !('unreadable' in last)) throw new Error('all records are readable');
  return { first: Number(last.unreadable.first), last: Number(last.offset), why: last.unreadable.why };
};

it('reads keys, values, headers, times and offsets', async () => {
  const headers: [string, string | null][] = [
    ['a', '1'],
    ['a', '2'],
    ['__proto__', 'x'],
    ['none', null],
  ];
  const [one, two, three] = await read([
    batch({
      base: 7,
      records: [record({ delta: 0, headers }), record({ delta: 3, value: null, timestampDelta: -5 })],
      lastDelta: 3,
    }),
    batch({ base: 11, records: [record({ delta: 0, value: '' })], attributes: 0x08, maxTimestamp: 9_000 }),
  ]);
  expect(one).toMatchObject({
    offset: '7',
    timestamp: '1000',
    key: Buffer.from('k'),
    value: Buffer.from('v0'),
    isControlRecord: false,
    batchContext: { producerId: '-1', inTransaction: false },
  });
  expect(Object.entries(one!.headers)).toEqual([
    ['a', '2'],
    ['__proto__', 'x'],
    ['none', ''],
  ]);
  expect(two).toMatchObject({ offset: '10', timestamp: '995', value: null, headers: {} });
  expect(three).toMatchObject({ offset: '11', timestamp: '9000', value: Buffer.alloc(0) });
});

it('recognizes control records and transactions', async () => {
  expect(await read([batch({ base: 0, attributes: 0x30 })])).toMatchObject([
    { isControlRecord: true, batchContext: { inTransaction: true } },
    { isControlRecord: true },
  ]);
});

it('adds a filler for records that compaction has removed from the end of a batch, or from all of it', async () => {
  const found = await read([
    batch({ base: 0, records: [record({ delta: 0 })], lastDelta: 4 }),
    batch({ base: 5, records: [], lastDelta: 2 }),
  ]);
  expect(found.map(({ offset, isControlRecord }) => [Number(offset), isControlRecord])).toEqual([
    [0, false],
    [4, true],
    [7, true],
  ]);
});

it('leaves out a truncated batch at the end', async () => {
  const second = batch({ base: 2 });
  for (const length of [0, 7, 11, 16, 60, second.length - 1]) {
    expect(await offsets([batch({ base: 0 }), second.subarray(0, length)])).toEqual([0, 1]);
  }
});

it('stops after a batch with a large decompressed size', async () => {
  const value = 'x'.repeat(9_000_000);
  const large = batch({ base: 0, body: gzipSync(record({ delta: 0, value })), count: 1, attributes: 1 });
  expect(await offsets([large, batch({ base: 1 })])).toEqual([0]);
});

describe('an unreadable batch', () => {
  it.each<[string, (bytes: Buffer) => void, RegExp]>([
    ['its CRC', (bytes) => void (bytes[70]! ^= 1), /CRC/],
    ['its format', (bytes) => void (bytes[16] = 3), /format 3 is unknown/],
  ])('ends the records of the partition, and has the right offsets: %s', async (_, change, why) => {
    const parts = () => [batch({ base: 0 }), damaged(batch({ base: 2 }), change), batch({ base: 4 })];
    expect(await offsets(parts())).toEqual([0, 1, 'until 3']);
    expect(await unreadable(parts())).toMatchObject({ first: 2, last: 3, why: expect.stringMatching(why) });
    // The second half of it is requested.
    expect(await unreadable(parts(), 3)).toMatchObject({ first: 3, last: 3 });
  });

  it('is skipped when it lies before the requested offset', async () => {
    const parts = [damaged(batch({ base: 0 }), (bytes) => void (bytes[70]! ^= 1)), batch({ base: 2 })];
    expect(await offsets(parts, 2)).toEqual([2, 3]);
  });

  it.each<[string, NewBatch, RegExp]>([
    ['a record after the last', { base: 0, count: 1 }, /after the last record of the batch/],
    ['a negative count', { base: 0, count: -1, lastDelta: 1 }, /negative/],
    ['a count of millions', { base: 0, count: 600_000 }, /more than 500000/],
    ['descending offsets', { base: 0, records: [record({ delta: 1 }), record({ delta: 0 })] }, /order/],
    ['an offset beyond the batch', { base: 0, records: [record({ delta: 5 })], lastDelta: 1 }, /order/],
    [
      'a record that is longer than its fields',
      { base: 0, body: framed(Buffer.from([0, 0, 0, 1, 1, 0, 0])), count: 1 },
      /the length in its header/,
    ],
    [
      'a value beyond the end',
      { base: 0, body: framed(Buffer.from([0, 0, 0, 1, 40, 0])), count: 1 },
      /early/,
    ],
    [
      'a header without a name',
      { base: 0, body: framed(Buffer.from([0, 0, 0, 1, 1, 2, 1, 1])), count: 1 },
      /early/,
    ],
    ['an unterminated number', { base: 0, body: Buffer.alloc(20, 0xff), count: 1 }, /too long/],
    [
      'truncated compressed data',
      { base: 0, body: gzipSync('x').subarray(0, 12), attributes: 1, count: 2 },
      /gzip/,
    ],
  ])('reports the fault: %s', async (_, how, why) => {
    expect((await unreadable([batch(how)])).why).toMatch(why);
  });

  it('covers no more offsets than its header, the next entry and the end of the partition allow', async () => {
    const crc = (bytes: Buffer) => void (bytes[17]! ^= 1);
    const head = (change: (bytes: Buffer) => void) => (bytes: Buffer) => (crc(bytes), change(bytes));
    const far = head((bytes) => void bytes.writeInt32BE(100_000, 23));
    const base = head((bytes) => void bytes.writeBigInt64BE(500n, 0));
    // The last offset in its header cannot be right: the range ends before the next entry, or has one offset.
    expect(await unreadable([damaged(batch({ base: 0 }), far), batch({ base: 2 })])).toMatchObject({
      first: 0,
      last: 1,
    });
    expect(await unreadable([damaged(batch({ base: 0 }), far)])).toMatchObject({ first: 0, last: 0 });
    // The same for its first offset.
    expect(await unreadable([damaged(batch({ base: 0 }), base), batch({ base: 2 })])).toMatchObject({
      first: 0,
      last: 1,
    });
    expect(await unreadable([damaged(batch({ base: 5 }), base)], 5, 7)).toMatchObject({ first: 5, last: 5 });
    // Two fields of its header agree.
    expect(await unreadable([damaged(batch({ base: 0 }), crc)])).toMatchObject({ first: 0, last: 1 });
  });

  it('may have an impossible offset, which no CRC covers', async () => {
    const wrong = { first: 3, last: 3, why: 'the offsets of the batch are wrong' };
    expect(await unreadable([batch({ base: 1 })], 3)).toEqual(wrong);
    expect(await unreadable([batch({ base: 9 })], 3, 10)).toMatchObject({ first: 9, why: wrong.why });
    expect(await unreadable([batch({ base: 99 })], 3, 10)).toEqual(wrong);
  });

  it('does not include batches that were appended after the broker noted the high watermark', async () => {
    // At the end of the partition, after others, and several of them.
    expect(await offsets([batch({ base: 5 })], 5, 5)).toEqual([5, 6]);
    expect(await offsets([batch({ base: 3 }), batch({ base: 5 }), batch({ base: 7 })], 3, 5)).toEqual([
      3, 4, 5, 6, 7, 8,
    ]);
    // From the middle of a batch.
    expect(await offsets([batch({ base: 3 }), batch({ base: 5 })], 4, 5)).toEqual([3, 4, 5, 6]);
    // An offset is not trusted after a gap, or before the requested one.
    for (const [parts, from] of [
      [[batch({ base: 3 }), batch({ base: 6 })], 3],
      [[batch({ base: 4 })], 5],
    ] as const) {
      expect(await unreadable([...parts], from, 5)).toMatchObject({ first: from, last: from });
    }
  });

  it('starts after the batches that were read before it', async () => {
    const damage = (bytes: Buffer) => (void (bytes[17]! ^= 1), bytes.writeBigInt64BE(500n, 0));
    const parts = [batch({ base: 3 }), damaged(batch({ base: 5 }), damage)];
    expect(await unreadable(parts, 3, 10)).toMatchObject({ first: 5, last: 5 });
  });

  it('may have a wrong length, and is never ignored', async () => {
    for (const length of [-1, 0, 3, 100_000]) {
      const bytes = damaged(batch({ base: 3 }), (each) => void each.writeInt32BE(length, 8));
      expect(await unreadable([bytes], 3)).toEqual({
        first: 3,
        last: 3,
        why: 'the length of the batch is wrong',
      });
    }
    expect(await unreadable([Buffer.alloc(5)], 3)).toMatchObject({ first: 3, last: 3 });
  });

  it('returns records or a reason for arbitrary bytes, and always advances beyond the requested offset', async () => {
    const seed = Date.now() % 1e6;
    const random = seeded(seed);
    const below = (n: number) => Math.floor(random() * n);
    for (let n = 0; n < 3_000; n++) {
      const records = [record({ delta: 0 }), record({ delta: 1, headers: [['a', 'b']] })];
      const zipped = batch({ base: 12, body: gzipSync(Buffer.concat(records)), count: 2, attributes: 1 });
      const bytes = Buffer.concat([batch({ base: 10, records }), zipped, batch({ base: 14, records })]);
      for (let change = 0; change <= below(5); change++) bytes[below(bytes.length)] = below(256);
      const from = 10 + below(6);
      const found = await readPartition(bytes, { from: BigInt(from), end: 16n });
      const last = found.at(-1);
      const at = `seed ${seed}, ${n}: ${last?.offset}`;
      if (last && 'unreadable' in last) {
        const { first } = last.unreadable;
        if (first < BigInt(from) || BigInt(last.offset) < first || BigInt(last.offset) > 15n)
          throw new Error(at);
      } else if (!last) {
        throw new Error(at);
      }
    }
  });
});

describe('message sets from before 0.11', () => {
  const bytesOf = (data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(data.length);
    return Buffer.concat([length, data]);
  };
  function message({ offset, value, codec = 0 }: { offset: number; value: Buffer; codec?: number }): Buffer {
    const body = Buffer.concat([
      Buffer.from([1, codec]),
      Buffer.from([0, 0, 0, 0, 0, 0, 7, 0xd0]),
      bytesOf(Buffer.from('k')),
      bytesOf(value),
    ]);
    const head = Buffer.alloc(16);
    head.writeBigInt64BE(BigInt(offset), 0);
    head.writeInt32BE(4 + body.length, 8);
    head.writeUInt32BE(crc32(body), 12);
    return Buffer.concat([head, body]);
  }

  it('are read, compressed or not, next to batches', async () => {
    const inner = [0, 1].map((offset) => message({ offset, value: Buffer.from(`i${offset}`) }));
    const found = await read(
      [
        message({ offset: 4, value: Buffer.from('plain') }),
        message({ offset: 6, value: gzipSync(Buffer.concat(inner)), codec: 1 }),
        batch({ base: 7 }),
      ],
      4,
    );
    expect(found.map(({ offset, value }) => [Number(offset), String(value)])).toEqual([
      [4, 'plain'],
      [5, 'i0'],
      [6, 'i1'],
      [7, 'v0'],
      [8, 'v1'],
    ]);
    expect(found[0]).toMatchObject({ timestamp: '2000', key: Buffer.from('k'), headers: {} });
  });

  it('are reported when they are damaged', async () => {
    const bytes = damaged(
      message({ offset: 4, value: Buffer.from('plain') }),
      (each) => void (each[30]! ^= 1),
    );
    expect(await unreadable([bytes, batch({ base: 5 })], 4)).toEqual({
      first: 4,
      last: 4,
      why: 'the CRC does not match',
    });
  });
});
