import { once } from 'node:events';
import * as http2 from 'node:http2';
import { connect } from 'node:net';
import { duplexPair } from 'node:stream';
import { create, toBinary } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { GetCustomerRFMRequestSchema } from '@core/contracts';
import { CoreError } from '@core/runtime';
import { http2Frames, waitUntil } from '@core/testing';
import { SMALL_REQUEST } from '../src/method.ts';
import { MAX_PARTS } from '../src/request/collect.ts';
import { ids, openBareServers, RFM_PATH, type BareServers } from './bare-servers.ts';
import { block, DATA, END_HEADERS, frame, HEADERS, PING, request, SETTINGS } from './raw-http2.ts';
import { talk } from './talk.ts';

// Legal requests, split as no client splits them, and floods of frames that carry nothing.

let servers: BareServers;
beforeAll(async () => {
  servers = await openBareServers({
    identify: (credentials) => {
      if (!credentials.header('authorization')) throw new CoreError('unauthenticated', 'no token');
      return { caller: 'spec', scopes: new Set(['rfm:read' as const]) };
    },
    // Sending byte after byte takes long on a slow machine.
    grpc: { requestWithinMs: 300_000 },
  });
});
afterAll(() => servers?.stop());

const PREFIX = 5;
const known = toBinary(GetCustomerRFMRequestSchema, create(GetCustomerRFMRequestSchema, ids));
/** Returns a prefixed message of this size in bytes, filled by a field that is unknown to this build. */
function message(bytes: number): Buffer {
  const all = Buffer.alloc(bytes, 'x');
  all.writeUIntBE(bytes - PREFIX, 0, PREFIX);
  all.set(known, PREFIX);
  const filling = bytes - PREFIX - known.length - 4;
  // Field 1,000: its tag, and its length in two bytes.
  all.set([0xc2, 0x3e, (filling & 127) | 128, filling >> 7], PREFIX + known.length);
  return all;
}

interface Call {
  authorization?: string;
  /** The bytes of a frame. */
  size?: number;
  padded?: boolean;
  /** All frames arrive at once. */
  atOnce?: boolean;
}

/** Makes a call whose message is split into frames of `size` bytes. @returns its status */
async function call(bytes: Buffer, { authorization = 'Bearer x', size = 1, padded, atOnce }: Call = {}) {
  const [near, far] = duplexPair();
  const socket = connect(servers.grpcPort, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pipe(far);
  const held: Buffer[] = [];
  far.on('data', (part: Buffer) => (atOnce ? held.push(part) : socket.write(part)));
  const { PADDING_STRATEGY_MAX, PADDING_STRATEGY_NONE } = http2.constants;
  const session = http2.connect('http://localhost', {
    createConnection: () => near,
    paddingStrategy: padded ? PADDING_STRATEGY_MAX : PADDING_STRATEGY_NONE,
  });
  session.on('error', () => undefined);
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': RFM_PATH,
      'content-type': 'application/grpc',
      authorization,
    });
    const received: http2.IncomingHttpHeaders = {};
    for (const event of ['response', 'trailers'] as const) {
      stream.on(event, (headers: http2.IncomingHttpHeaders) => Object.assign(received, headers));
    }
    stream.on('error', () => undefined).resume();
    const closed = new Promise((resolve) => stream.once('close', resolve));
    for (let at = 0; at < bytes.length && !stream.closed; at += size) {
      // Without the wait all writes would be sent in one frame.
      await Promise.race([new Promise((sent) => stream.write(bytes.subarray(at, at + size), sent)), closed]);
    }
    stream.end();
    if (atOnce) {
      await new Promise((resolve) => stream.once('finish', resolve));
      await new Promise(setImmediate);
      socket.write(Buffer.concat(held.splice(0)));
      atOnce = false;
    }
    await closed;
    return {
      status: Number(received['grpc-status']),
      message: decodeURI(String(received['grpc-message'] ?? '')),
      rst: stream.rstCode,
    };
  } finally {
    session.destroy();
    socket.destroy();
  }
}

const NO_ERROR = http2.constants.NGHTTP2_NO_ERROR;
const TOO_MANY = {
  status: Code.ResourceExhausted,
  message: `the request has more than ${MAX_PARTS} parts: send it in fewer and larger ones`,
  rst: NO_ERROR,
};

describe('a message in frames of one byte', () => {
  afterEach(async () => {
    await waitUntil(async () => (await servers.inFlight()) + (await servers.bodyBytes()) === 0, {
      what: 'all slots and bytes to be released',
    });
  });

  it.each<Call>([{}, { padded: true }, { atOnce: true }])(
    'is read with the maximum number of frames: %j',
    async (how) => expect(await call(message(MAX_PARTS), how)).toMatchObject({ status: 0, rst: NO_ERROR }),
  );

  it.each<[number, Call]>([
    [MAX_PARTS + 1, {}],
    [5_000, {}],
    [5_000, { padded: true }],
    [5_000, { atOnce: true }],
    [SMALL_REQUEST + PREFIX, {}],
    [SMALL_REQUEST + PREFIX, { atOnce: true }],
  ])('is refused with advice for %i bytes: %j', async (bytes, how) =>
    expect(await call(message(bytes), how)).toEqual(TOO_MANY),
  );

  it.each<Call>([{}, { atOnce: true }])('is refused for its missing token: %j', async (how) =>
    expect(await call(message(5_000), { ...how, authorization: '' })).toMatchObject({
      status: Code.Unauthenticated,
      message: 'no token',
    }),
  );

  it('has the same limit over HTTP, in chunks', async () => {
    const chunks = `1\r\n \r\n`.repeat(5_000);
    const reply = await talk(
      servers.httpPort,
      `POST ${RFM_PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
    );
    expect(reply).toMatch(/^HTTP\/1\.1 429 /);
    expect(reply).toContain(`{"code":"resource_exhausted","message":"${TOO_MANY.message}"}`);
  });
});

it('refuses a message as too large, regardless of its number of frames', async () => {
  const bytes = Buffer.alloc(5_000_000);
  bytes.writeUIntBE(bytes.length - PREFIX, 0, PREFIX);
  for (const size of [100, 16_384, bytes.length]) {
    expect(await call(bytes, { size })).toEqual({
      status: Code.ResourceExhausted,
      message: `the request has more than ${SMALL_REQUEST} bytes, the maximum for this method`,
      rst: NO_ERROR,
    });
  }
});

const { FRAME, PREFACE, settings } = http2Frames;
const begun = frame(HEADERS, END_HEADERS, 1, block(...request(RFM_PATH), ['authorization', 'Bearer x']));
const unfinished = frame(HEADERS, 0, 1, block(...request(RFM_PATH)));
it.each([
  ['DATA without a byte', begun, frame(DATA, 0, 1)],
  ['CONTINUATION', unfinished, frame(FRAME.continuation, 0, 1, block(['a', 'b']))],
  ['CONTINUATION without a byte', unfinished, frame(FRAME.continuation, 0, 1)],
  ['SETTINGS', begun, frame(SETTINGS, 0, 0, settings([4, 65_535]))],
  ['PING', begun, frame(PING, 0, 0, Buffer.alloc(8))],
])(
  'a flood of %s ends its connection',
  async (_, first, each) => {
    const socket = connect(servers.grpcPort, '127.0.0.1');
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await once(socket, 'connect');
    // The peer only sends; it does not read any answer.
    socket.write(Buffer.concat([PREFACE, frame(SETTINGS, 0, 0), first]));
    const flood = Buffer.concat(Array<Buffer>(1_000).fill(each));
    for (let n = 0; n < 2_000 && !socket.destroyed; n++) {
      await Promise.race([new Promise((sent) => socket.write(flood, sent)), closed]);
    }
    await closed;
  },
  300_000,
);
