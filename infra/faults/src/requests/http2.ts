import { http2Frames } from '@core/testing';
import { corruptBytes, compressed, framed, PATHS, protoBody } from './bodies.ts';
import type { Choices } from './choices.ts';

const { block, END_HEADERS, END_STREAM, frame, FRAME: TYPE, PREFACE, settings } = http2Frames;

const UNUSUAL_HEADERS: [string, string][] = [
  ['grpc-timeout', '99999999H'],
  ['grpc-timeout', '-1S'],
  ['grpc-timeout', 'x'],
  ['grpc-encoding', 'gzip'],
  ['grpc-encoding', 'x'],
  ['grpc-accept-encoding', ''],
  ['te', 'trailers'],
  ['te', 'x'],
  ['connection', 'close'],
  ['x-request-id', '\xe9'],
  ['x-bin', '!!'],
  ['x-trace-bin', 'AAAA'],
  ['authorization', ''],
  ['authorization', 'Bearer a.b.c'],
  ['Upper', 'x'],
  ['', 'x'],
  ['a', '\0'],
  ['a', '\r\n'],
  ['content-length', '5'],
  ['content-length', 'x'],
  [':path', '/twice'],
  [':unknown', 'x'],
  ['x-large', 'x'.repeat(9_000)],
  ['host', '['],
];

/** Generates one call with any fault that the connection survives. */
function call(choices: Choices, stream: number, authorization: string): Buffer {
  const headers: [string, string][] = [
    [':method', choices.oneIn(20) ? 'GET' : 'POST'],
    [':scheme', 'http'],
    [
      ':path',
      choices.oneIn(6)
        ? choices.one([
            '',
            '*',
            '/',
            '/x\xe9',
            '/grpc.health.v1.Health/Check',
            '/grpc.health.v1.Health/Watch',
            '/a'.repeat(500),
          ])
        : choices.one(PATHS),
    ],
    [':authority', choices.oneIn(4) ? choices.one(['', '[', 'a b', 'x:99999', '\xff']) : 'localhost'],
    [
      'content-type',
      choices.oneIn(10) ? choices.one(['', 'text/html', 'application/json']) : 'application/grpc',
    ],
  ];
  if (choices.oneIn(2)) headers.push(['authorization', authorization]);
  for (let n = choices.below(3); n > 0; n--) headers.push(choices.one(UNUSUAL_HEADERS));
  const plain = protoBody(choices);
  const message = framed(choices, choices.oneIn(5) ? compressed(choices, plain) : plain).subarray(0, 16_384);
  const end = choices.oneIn(5) ? 0 : END_STREAM;
  const parts = [frame(TYPE.headers, END_HEADERS, stream, block(...headers))];
  if (choices.oneIn(10)) parts.push(frame(TYPE.reset, 0, stream, Buffer.from([0, 0, 0, choices.below(14)])));
  else parts.push(frame(TYPE.data, end, stream, message));
  return Buffer.concat(parts);
}

const BREAKERS: ((choices: Choices) => Buffer)[] = [
  (choices) => choices.bytes(200),
  (choices) => frame(choices.below(256), choices.below(256), choices.below(9), choices.bytes(40)),
  (choices) => frame(TYPE.data, END_STREAM, choices.one([0, 1, 2, 99, 2 ** 31 - 1]), choices.bytes(20)),
  (choices) => frame(TYPE.headers, END_HEADERS, 1, choices.bytes(100)),
  (choices) =>
    frame(
      TYPE.headers,
      0,
      1,
      Buffer.concat(
        Array.from({ length: choices.below(50) }, () => frame(TYPE.continuation, 0, 1, choices.bytes(100))),
      ),
    ),
  () =>
    Buffer.concat([
      frame(TYPE.headers, 0, 1, block([':method', 'POST'])),
      ...Array.from({ length: 60 }, () => frame(TYPE.continuation, 0, 1, block(['a', 'x'.repeat(1_000)]))),
    ]),
  () => frame(TYPE.headers, END_HEADERS, 2, block([':method', 'POST'])),
  () => frame(TYPE.headers, END_HEADERS | 8, 1, Buffer.from([255])),
  () => frame(TYPE.headers, END_HEADERS, 1, Buffer.from([0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f])),
  () => frame(TYPE.settings, 0, 0, Buffer.alloc(5)),
  () => frame(TYPE.settings, 1, 0, Buffer.alloc(6)),
  () => frame(TYPE.settings, 0, 0, settings([4, 2 ** 32 - 1])),
  () => frame(TYPE.settings, 0, 0, settings([5, 1], [1, 2 ** 32 - 1], [3, 0], [6, 0], [8, 2])),
  () => Buffer.concat(Array.from({ length: 200 }, () => frame(TYPE.settings, 0, 0, settings([4, 1])))),
  () => Buffer.concat(Array.from({ length: 500 }, () => frame(TYPE.ping, 0, 0, Buffer.alloc(8)))),
  () => Buffer.concat(Array.from({ length: 500 }, () => frame(TYPE.ping, 1, 0, Buffer.alloc(8)))),
  () => frame(TYPE.ping, 0, 0, Buffer.alloc(7)),
  () => frame(TYPE.window, 0, 0, Buffer.alloc(4)),
  () => frame(TYPE.window, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff])),
  () => frame(TYPE.push, END_HEADERS, 1, Buffer.from([0, 0, 0, 2])),
  () => frame(TYPE.goaway, 0, 0, Buffer.alloc(8)),
  () => frame(TYPE.goaway, 0, 0, Buffer.alloc(3)),
  () => frame(TYPE.priority, 0, 1, Buffer.from([0x80, 0, 0, 1, 0])),
  () => frame(TYPE.reset, 0, 0, Buffer.alloc(4)),
  () => frame(TYPE.data, 8, 1, Buffer.from([200]), 1),
  () => frame(TYPE.data, 0, 1, Buffer.alloc(20), 0xffffff),
  () =>
    Buffer.concat(
      Array.from({ length: 300 }, (_, n) =>
        Buffer.concat([
          frame(
            TYPE.headers,
            END_HEADERS,
            2 * n + 1,
            block(
              [':method', 'POST'],
              [':scheme', 'http'],
              [':path', PATHS[0] as string],
              [':authority', 'x'],
              ['content-type', 'application/grpc'],
            ),
          ),
          frame(TYPE.reset, 0, 2 * n + 1, Buffer.from([0, 0, 0, 8])),
        ]),
      ),
    ),
];

/** A PING whose answer shows that everything before it has been read. */
const LAST_PING = frame(TYPE.ping, 0, 0, Buffer.from('lastping'));
export const isLastAnswer = (received: Buffer): boolean => received.includes('lastping');

/** Generates the bytes of a connection: `count` calls, or one fault that may close it. */
export function connectionBytes(choices: Choices, count: number, authorization: string): Buffer {
  if (count === 1) {
    if (choices.oneIn(10)) return corruptBytes(choices, PREFACE);
    return Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0), choices.one(BREAKERS)(choices), LAST_PING]);
  }
  const calls = Array.from({ length: count }, (_, n) => call(choices, 2 * n + 1, authorization));
  return Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0), ...calls, LAST_PING]);
}
