import { http2Frames } from '@core/testing';

export const { block, END_HEADERS, END_STREAM, frame, onFrames } = http2Frames;
export type Frame = http2Frames.Frame;
/** Frame types. */
export const {
  data: DATA,
  headers: HEADERS,
  reset: RST_STREAM,
  settings: SETTINGS,
  ping: PING,
  goaway: GOAWAY,
} = http2Frames.FRAME;

const INITIAL_WINDOW_SIZE = 4;

export const OPEN = Buffer.concat([
  http2Frames.PREFACE,
  // A window that is large enough for any reply.
  frame(SETTINGS, 0, 0, http2Frames.settings([INITIAL_WINDOW_SIZE, 0x7fffffff])),
  frame(http2Frames.FRAME.window, 0, 0, Buffer.from([0x7f, 0, 0, 0])),
]);
export const request = (path: string): [string, string][] => [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', path],
  [':authority', 'localhost'],
  ['content-type', 'application/grpc'],
];
