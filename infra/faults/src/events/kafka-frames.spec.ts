import { createFrameReader } from './kafka-frames.ts';

const frame = (key: number, body: number): Buffer => {
  const bytes = Buffer.alloc(6 + body);
  bytes.writeInt32BE(2 + body, 0);
  bytes.writeInt16BE(key, 4);
  return bytes;
};
const stream = Buffer.concat([frame(0, 10), frame(8, 0), frame(3, 100)]);

it.each([1, 2, 5, 7, 50, 1_000])('finds every request in chunks of %i bytes', (size) => {
  const read = createFrameReader();
  const keys: number[] = [];
  for (let at = 0; at < stream.length; at += size) keys.push(...read(stream.subarray(at, at + size)));
  expect(keys).toEqual([0, 8, 3]);
});
