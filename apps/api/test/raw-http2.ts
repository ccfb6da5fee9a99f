import type { Duplex } from 'node:stream';

/** Types of frames. */
export const [DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW] = [0, 1, 3, 4, 6, 7, 8] as const;
/** Flags of frames. */
export const [END_STREAM, END_HEADERS] = [1, 4] as const;

export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
const text = (value: string) => {
  // HPACK writes lengths above 126 in more bytes than one.
  const { length } = value;
  const size = length < 127 ? [length] : [127, ((length - 127) & 127) | 128, (length - 127) >> 7];
  return Buffer.from([...size, ...Buffer.from(value, 'latin1')]);
};
export const block = (...headers: [string, string][]) =>
  Buffer.concat(headers.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
export const OPEN = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  // A window that takes any reply.
  frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff])),
  frame(WINDOW, 0, 0, Buffer.from([0x7f, 0, 0, 0])),
]);
export const request = (path: string): [string, string][] => [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', path],
  [':authority', 'localhost'],
  ['content-type', 'application/grpc'],
];

/** One frame that the server sent. */
export interface Frame {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

/** Calls back for each whole frame of a socket. */
export function onFrames(socket: Duplex, listener: (frame: Frame) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (part: Buffer) => {
    rest = Buffer.concat([rest, part]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      const [type = 0, flags = 0] = [rest[3], rest[4]];
      const stream = rest.readUInt32BE(5) & 0x7fffffff;
      const payload = rest.subarray(9, end);
      rest = rest.subarray(end);
      listener({ type, flags, stream, payload });
    }
  });
}
