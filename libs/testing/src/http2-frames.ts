import type { Duplex } from 'node:stream';

// Raw HTTP/2 frames, for frames that no client library sends, and for load generators that must cost little
// CPU.

/** The connection preface: the first bytes that a client sends. */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;
export const [END_STREAM, END_HEADERS, ACK] = [1, 4, 1] as const;

/** @param length the payload length that the frame header claims */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
  length = payload.length,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length & 0xffffff, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

/** Encodes a string literal of HPACK, without Huffman coding. */
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
};
export const block = (...headers: [string, string][]): Buffer =>
  Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));

/** Encodes the payload of a SETTINGS frame from pairs of identifier and value. */
export const settings = (...pairs: [number, number][]): Buffer =>
  Buffer.concat(
    pairs.map(([id, value]) => {
      const pair = Buffer.alloc(6);
      pair.writeUInt16BE(id);
      pair.writeUInt32BE(value >>> 0, 2);
      return pair;
    }),
  );

/** One frame that the peer sent. */
export interface Frame {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

const HEAD_BYTES = 9;

/** Calls the listener for each complete frame that a socket receives. */
export function onFrames(socket: Duplex, listener: (frame: Frame) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (part: Buffer) => {
    rest = rest.length > 0 ? Buffer.concat([rest, part]) : part;
    while (rest.length >= HEAD_BYTES && rest.length >= HEAD_BYTES + rest.readUIntBE(0, 3)) {
      const end = HEAD_BYTES + rest.readUIntBE(0, 3);
      const [type = 0, flags = 0] = [rest[3], rest[4]];
      const stream = rest.readUInt32BE(5) & 0x7fffffff;
      const payload = rest.subarray(HEAD_BYTES, end);
      rest = rest.subarray(end);
      listener({ type, flags, stream, payload });
    }
  });
}
