import * as http2 from 'node:http2';
import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { GetCustomerRFMRequestSchema } from '@core/contracts';
import { ids, openBareServers, RFM_PATH, type BareServers } from './bare-servers.ts';
import { post } from './support.ts';
import { talk } from './talk.ts';

const WATCH_PATH = '/core.v1.ImportService/WatchCustomerImport';
const HEALTH_PATH = '/grpc.health.v1.Health/Check';
const BODY = JSON.stringify(ids);
const MESSAGE = toBinary(GetCustomerRFMRequestSchema, create(GetCustomerRFMRequestSchema, ids));
const frame = (bytes: Uint8Array, flags = 0): Buffer => {
  const head = Buffer.from([flags, 0, 0, 0, 0]);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
};

let servers: BareServers;
beforeAll(async () => void (servers = await openBareServers({ scopes: ['rfm:read', 'imports:write'] })));
afterAll(() => servers?.stop());
afterEach(async () => expect([await servers.inFlight(), await servers.bodyBytes()]).toEqual([0, 0]));

describe('the head of a request to the HTTP port', () => {
  const send = (headers: string, version = '1.1') =>
    talk(
      servers.httpPort,
      `POST ${RFM_PATH} HTTP/${version}\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n${headers}content-length: ${BODY.length}\r\n\r\n${BODY}`,
    );

  it.each([
    ['host', 'Host: y\r\n'],
    ['host', 'HOST: x\r\n'],
    ['authorization', 'authorization: Bearer a\r\nx: y\r\nAuthorization: Bearer b\r\n'],
    ['content-type', 'Content-Type: application/proto\r\n'],
  ])('has its %s once', async (name, headers) => {
    const received = await send(headers);
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
    expect(received).toContain(`{"code":"invalid_argument","message":"${name}: must be given once"}`);
  });

  it('accepts only the transfer-encoding chunked', async () => {
    const text = `POST ${RFM_PATH} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`;
    expect(await talk(servers.httpPort, text)).toMatch(
      /^HTTP\/1\.1 501 [^]*"message":"transfer-encoding: must be chunked"/,
    );
  });

  it.each([
    ['an unknown expectation', `POST /webhooks/shopify HTTP/1.1\r\nhost: x\r\nexpect: zz\r\n`, 417],
    ['an unknown version', 'GET / HTTP/2.0\r\nhost: x\r\n', 505],
    ['no Host', 'GET / HTTP/1.1\r\n', 400],
    ['an unknown path', 'GET /x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n', 404],
  ])('is refused for %s with a reply that no cache may store', async (_what, head, status) => {
    const received = await talk(servers.httpPort, `${head}\r\n`);
    expect(received).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(received.toLowerCase()).toContain('\r\ncache-control: no-store\r\n');
  });

  it.each([
    [`http://x${RFM_PATH}`, 200],
    [`HTTPS://another.example.com:444${RFM_PATH}?a=b`, 200],
    [RFM_PATH, 200],
    // This target reaches the webhook route, which requires a signature.
    ['http://x/webhooks/shopify', 401],
    ['http://x', 404],
    ['http://x?message={}', 404],
    [`ftp://x${RFM_PATH}`, 404],
  ])('may have the target %s', async (target, status) => {
    const text = `POST ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;
    expect(await talk(servers.httpPort, text)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it('must be HTTP/1', async () => {
    expect(await send('', '2.0')).toMatch(/^HTTP\/1\.1 505 [^]*the request must be HTTP\/1\.1/);
    expect(await send('', '1.0')).toMatch(/^HTTP\/1\.1 200 /);
  });

  const CONTENT_TYPES = [
    'application/json',
    'Application/JSON;',
    'application/json; charset="utf-8"',
    'application/json\t;\tCharset="UTF-8" ;; ',
    'application/json;  charset=utf-8 ',
  ];

  it.each(CONTENT_TYPES)('may name JSON as %j', async (type) => {
    const reply = await post(servers.url + RFM_PATH, ids, { 'content-type': type });
    expect(reply.status).toBe(200);
  });

  it.each(['application/json; charset=latin1', 'application/jsonp', 'text/json'])(
    'may not name JSON as %j',
    async (type) => {
      const headers = { 'content-type': type };
      const reply = await fetch(servers.url + RFM_PATH, { method: 'POST', headers, body: BODY });
      expect(reply.status).toBe(415);
    },
  );

  it.each(['2', '', 'v1', '1, 1', '1.0', '01'])(
    'must not have the connect-protocol-version %j',
    async (version) => {
      const reply = await post(servers.url + RFM_PATH, ids, { 'connect-protocol-version': version });
      expect([reply.status, reply.body]).toEqual([
        400,
        { code: 'invalid_argument', message: 'connect-protocol-version: must be 1' },
      ]);
    },
  );

  it('may contain the version of Connect or omit it', async () => {
    const one = { 'connect-protocol-version': '1' };
    for (const headers of [one, undefined])
      expect((await post(servers.url + RFM_PATH, ids, headers)).status).toBe(200);
  });

  it.each(['', '-1', '1.5', '1e3', '0x10', '5S', '12345678901', '5, 6'])(
    'must not have the connect-timeout-ms %j',
    async (value) => {
      const reply = await post(servers.url + RFM_PATH, ids, { 'connect-timeout-ms': value });
      expect([reply.status, reply.body]).toEqual([
        400,
        { code: 'invalid_argument', message: 'connect-timeout-ms: must be 1 to 10 digits' },
      ]);
      expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    },
  );
});

/** Makes a call. @returns its HTTP status, its gRPC status and message, and how its stream ended */
async function call(
  headers: readonly string[],
  { path = RFM_PATH, body = frame(MESSAGE) }: { path?: string; body?: Buffer | undefined } = {},
) {
  // Node's own client refuses to send a header twice; its types do not contain the option yet.
  const options = { strictSingleValueFields: false } as http2.ClientSessionOptions;
  const session = http2.connect(`http://127.0.0.1:${servers.grpcPort}`, options);
  session.on('error', () => undefined);
  try {
    const head = [':scheme', 'http', ':authority', 'x', ':path', path];
    const stream = session.request([...head, ...headers]);
    const all: http2.IncomingHttpHeaders = {};
    for (const event of ['response', 'trailers'] as const) {
      stream.on(event, (more: http2.IncomingHttpHeaders) => Object.assign(all, more));
    }
    stream.on('error', () => undefined);
    if (stream.writable) stream.end(body);
    stream.resume();
    await new Promise((resolve) => stream.once('close', resolve));
    return {
      status: all[':status'],
      grpc: all['grpc-status'],
      message: decodeURI(String(all['grpc-message'] ?? '')),
      allow: all['allow'],
      rst: stream.rstCode,
    };
  } finally {
    session.destroy();
  }
}
const POST = [':method', 'POST'];
const CALL = [...POST, 'content-type', 'application/grpc'];
const TIMEOUT = 'grpc-timeout: must be 1 to 8 digits and one of H, M, S, m, u, n';
const ILLEGAL = ['', '-1S', '1.5S', '1e3S', '5', 'S', '100000000H', '5 S', '5s', '+5S', '5S5S', '5S, 6S'];
const LEGAL = ['99999999H', '1H', '600M', '5S', '5000m', '5000000u', '99999999u', '00000005S'];

describe('the head of a call to the gRPC port', () => {
  it('is accepted with valid headers', async () => {
    expect(await call(CALL)).toMatchObject({ status: 200, grpc: '0' });
    const types = [
      'application/grpc+proto',
      'application/grpc;charset=utf-8',
      'Application/GRPC',
      'application/grpc+PROTO ; charset="utf-8" ;',
    ];
    for (const type of types)
      expect(await call([...POST, 'content-type', type])).toMatchObject({ grpc: '0' });
  });

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'post'])('is answered 405 with %s', async (method) => {
    for (const path of [RFM_PATH, HEALTH_PATH, '/core.v1/Nothing']) {
      const reply = await call([':method', method, 'content-type', 'application/grpc'], { path });
      expect(reply).toMatchObject({ status: 405, allow: 'POST', message: 'the method must be POST' });
    }
  });

  it.each([
    undefined,
    '',
    'text/plain',
    'application/json',
    'application/grpc-web',
    'application/grpc-web+proto',
    'application/grpcx',
    'application/grpc+json',
  ])('is answered 415 with the content-type %j', async (type) => {
    const headers = type === undefined ? POST : [...POST, 'content-type', type];
    for (const path of [RFM_PATH, HEALTH_PATH]) {
      expect(await call(headers, { path })).toMatchObject({
        status: 415,
        message: 'content-type: must be application/grpc or application/grpc+proto',
      });
    }
  });

  it.each([
    ['authorization', ['authorization', 'Bearer a', 'x-y', 'z', 'authorization', 'Bearer b']],
    ['content-type', ['content-type', 'application/grpc+proto']],
  ])('has its %s once', async (name, headers) => {
    for (const path of [RFM_PATH, HEALTH_PATH]) {
      const reply = await call([...CALL, ...headers], { path });
      expect(reply).toMatchObject({ status: 200, grpc: '3', message: `${name}: must be given once` });
    }
  });

  it.each([
    ['authorities', [':authority', 'y']],
    ['hosts', ['host', 'x', 'host', 'y']],
  ])('is reset with two %s', async (_, headers) => {
    const rst = http2.constants.NGHTTP2_PROTOCOL_ERROR;
    expect(await call([...headers.slice(0, 2), ...CALL, ...headers.slice(2)])).toMatchObject({ rst });
  });

  it.each(ILLEGAL)('must not have the grpc-timeout %j', async (value) => {
    for (const path of [RFM_PATH, WATCH_PATH, HEALTH_PATH]) {
      const reply = await call([...CALL, 'grpc-timeout', value], { path });
      expect(reply).toMatchObject({ status: 200, grpc: '3', message: TIMEOUT });
    }
  });

  it.each(LEGAL)('may have the grpc-timeout %s', async (value) =>
    expect(await call([...CALL, 'grpc-timeout', value])).toMatchObject({ grpc: '0' }),
  );

  it('is refused without waiting for a missing body, and without ending the connection', async () => {
    const session = http2.connect(`http://127.0.0.1:${servers.grpcPort}`);
    const streams = [['GET'], ['POST', 'text/plain'], ['POST', 'application/grpc', '5']].map(
      ([method = '', type = 'application/grpc', timeout = '5S']) =>
        session.request(
          { ':method': method, ':path': RFM_PATH, 'content-type': type, 'grpc-timeout': timeout },
          { endStream: false },
        ),
    );
    for (const stream of streams) {
      stream.resume();
      await new Promise((resolve) => stream.once('close', resolve));
      expect(stream.rstCode).toBe(http2.constants.NGHTTP2_NO_ERROR);
    }
    expect([session.closed, session.destroyed]).toEqual([false, false]);
    session.destroy();
  });
});

/**
 * Makes a call in gRPC-Web or a Connect stream. @returns its headers and its body, with the trailers, as text
 */
async function callWeb(path: string, type: string, body: Buffer, headers: Record<string, string> = {}) {
  const reply = await fetch(servers.url + path, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body: new Uint8Array(body),
  });
  const received = [...reply.headers]
    .map(([name, value]) => `${name}: ${decodeURIComponent(value)}`)
    .join('\n');
  return `${received}\n${decodeURIComponent(await reply.text())}`;
}
const WEB = 'application/grpc-web+proto';

it.each(ILLEGAL)('a gRPC-Web call must not have the grpc-timeout %j', async (value) => {
  const received = await callWeb(RFM_PATH, WEB, frame(MESSAGE), { 'grpc-timeout': value });
  expect(received).toMatch(/grpc-status: 3\b/);
  expect(received).toContain(TIMEOUT);
});

it.each(LEGAL)('a gRPC-Web call may have the grpc-timeout %s', async (value) =>
  expect(await callWeb(RFM_PATH, WEB, frame(MESSAGE), { 'grpc-timeout': value })).toMatch(/grpc-status: 0\b/),
);

it('a Connect stream must not have the connect-timeout-ms 1.5', async () => {
  const body = frame(Buffer.from('{}'));
  const type = 'application/connect+json';
  expect(await callWeb(WATCH_PATH, type, body, { 'connect-timeout-ms': '1.5' })).toMatch(
    /"code":"invalid_argument","message":"connect-timeout-ms: must be 1 to 10 digits"/,
  );
});

describe('a message that is marked as compressed', () => {
  const unnamed = 'the message is marked as compressed, but no compression is named';
  const identities: string[][] = [[], ['grpc-encoding', 'identity']];

  it.each([RFM_PATH, HEALTH_PATH])('must name a compression on the gRPC port, %s', async (path) => {
    for (const encoding of identities) {
      for (const bytes of [MESSAGE, gzipSync(MESSAGE), Buffer.alloc(0)]) {
        const reply = await call([...CALL, ...encoding], { path, body: frame(bytes, 1) });
        expect(reply).toMatchObject({ status: 200, grpc: '13', message: unnamed });
      }
    }
    const body = frame(path === RFM_PATH ? gzipSync(MESSAGE) : gzipSync(Buffer.alloc(0)), 1);
    expect(await call([...CALL, 'grpc-encoding', 'gzip'], { path, body })).toMatchObject({ grpc: '0' });
  });

  it('must have a known flag on the gRPC port', async () => {
    const body = frame(Buffer.alloc(0), 2);
    expect(await call(CALL, { path: HEALTH_PATH, body })).toMatchObject({ grpc: '3' });
  });

  it.each(['', 'identity'])('must name a compression on the HTTP port, not %j', async (encoding) => {
    const named = (header: string) => (encoding ? { [header]: encoding } : undefined);
    const web = await callWeb(RFM_PATH, WEB, frame(MESSAGE, 1), named('grpc-encoding'));
    expect(web).toMatch(/grpc-status: 13\b/);
    expect(web).toContain(unnamed);
    const body = frame(Buffer.from('{}'), 1);
    const stream = await callWeb(
      WATCH_PATH,
      'application/connect+json',
      body,
      named('connect-content-encoding'),
    );
    expect(stream).toContain(`"code":"internal","message":"${unnamed}"`);
  });
});
