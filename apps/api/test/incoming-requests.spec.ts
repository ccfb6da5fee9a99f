import { once } from 'node:events';
import * as http2 from 'node:http2';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { BatchGetCustomerRFMRequestSchema, GetCustomerRFMRequestSchema } from '@core/contracts';
import { HealthCheckRequestSchema } from '@core/contracts/grpc';
import { waitUntil } from '@core/testing';
import { ids, openBareServers, RFM_PATH, type BareServers } from './bare-servers.ts';
import { post } from './support.ts';
import { talk } from './talk.ts';

const CREATE_PATH = '/core.v1.CoreService/CreateCustomer';
const BATCH_PATH = '/core.v1.CoreService/BatchGetCustomerRFM';
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
async function open(options?: Parameters<typeof openBareServers>[0]): Promise<BareServers> {
  const servers = await openBareServers(options);
  closers.push(() => servers.stop());
  return servers;
}

const OK = 'connection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';

describe('a request to the HTTP port', () => {
  it.each([
    ['an empty Host', `POST /core.v1/GetCustomerRFM HTTP/1.1\r\nhost: \r\n${OK}`],
    ['half an address', `POST /core.v1/GetCustomerRFM HTTP/1.1\r\nhost: [\r\n${OK}`],
    ['two words', `POST /core.v1/GetCustomerRFM HTTP/1.1\r\nhost: a b\r\n${OK}`],
    ['an invalid port', `POST /core.v1/GetCustomerRFM HTTP/1.1\r\nhost: x:99999\r\n${OK}`],
    ['a name that is invalid in a URL', `POST /core.v1/GetCustomerRFM HTTP/1.1\r\nhost: 256.1.1.1\r\n${OK}`],
    ['a broken escape', `POST /core.v1/GetCustomerRFM HTTP/1.1\r\nhost: %\r\n${OK}`],
    ['a path', `POST /core.v1/GetCustomerRFM HTTP/1.1\r\nhost: a/b\r\n${OK}`],
    ['a user', `POST /core.v1/GetCustomerRFM HTTP/1.1\r\nhost: a@b\r\n${OK}`],
    ['bytes that are not characters', `POST /core.v1/GetCustomerRFM HTTP/1.1\r\nhost: \xff\xfe\r\n${OK}`],
    ['no Host, as HTTP/1.0 allows', `POST /core.v1/GetCustomerRFM HTTP/1.0\r\n${OK}`],
    ['a webhook without a Host', `POST /webhooks/shopify HTTP/1.0\r\n${OK}`],
  ])('is answered 400 with %s, and the process keeps serving', async (_, text) => {
    const { httpPort, url } = await open();
    expect(await talk(httpPort, text)).toMatch(/^HTTP\/1\.1 400 [^]*"host: /);
    expect(await post(url + RFM_PATH, ids)).toMatchObject({ status: 200 });
  });

  it.each([
    '*',
    '//',
    '//x/core.v1/GetCustomerRFM',
    'http://x/core.v1/GetCustomerRFM',
    '/%',
    '/a?%',
    'http://[',
  ])('is answered, with the target %s', async (target) => {
    const { httpPort, url } = await open();
    const received = await talk(httpPort, `POST ${target} HTTP/1.1\r\nhost: x\r\n${OK}`);
    expect(received).toMatch(/^HTTP\/1\.1 40[04] /);
    expect(await post(url + RFM_PATH, ids)).toMatchObject({ status: 200 });
  });

  it.each(['localhost', '127.0.0.1:8080', '[::1]:8080', 'core.example.com', 'core_api.svc:80'])(
    'is accepted with the Host %s',
    async (host) => {
      const { httpPort } = await open();
      const body = JSON.stringify(ids);
      const received = await talk(
        httpPort,
        `POST ${RFM_PATH} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      expect(received).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  it.each([
    [
      'throws',
      () => {
        throw new Error('a fault of ours');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('a fault of ours'))],
  ])('is answered 500 when a route %s, and the process keeps serving', async (_, route) => {
    const { httpPort, url } = await open({ routes: { '/route': route } });
    const received = await talk(httpPort, 'GET /route HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(received).toMatch(/^HTTP\/1\.1 500 [^]*"code":"internal"/);
    expect(await post(url + RFM_PATH, ids)).toMatchObject({ status: 200 });
  });

  it('is refused by its headers alone, and its connection ends while its body still arrives', async () => {
    const { httpPort, bodyBytes } = await open({ scopes: [] });
    const head = `POST ${RFM_PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 979000\r\n\r\n{`;
    expect(await talk(httpPort, head)).toMatch(/^HTTP\/1\.1 403 [^]*the scope rfm:read is needed/);
    expect(await bodyBytes()).toBe(0);
  });

  it.each([
    'application/proto',
    'application/json',
    'application/grpc-web+proto',
    'application/connect+json',
  ])('is invalid when its body is not %s', async (type) => {
    const { httpPort } = await open();
    const body = '\xff\xff\xff\xff\xff\xff';
    const received = await talk(
      httpPort,
      `POST ${RFM_PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: ${type}\r\ncontent-length: 6\r\n\r\n${body}`,
    );
    const unary = type === 'application/proto' || type === 'application/json';
    if (unary) expect(received).toMatch(/^HTTP\/1\.1 400 [^]*"code":"invalid_argument"/);
    else if (type.includes('web')) expect(received).toMatch(/grpc-status: 3/);
    else expect(received).toMatch(/^HTTP\/1\.1 415 /);
  });

  it('is refused with more values than its method can use, even if it is compressed', async () => {
    const { url } = await open();
    const batch = { merchantId: ids.merchantId, customerIds: Array<string>(5_000).fill('x') };
    const body = Buffer.from(JSON.stringify(batch));
    const binary = toBinary(
      BatchGetCustomerRFMRequestSchema,
      create(BatchGetCustomerRFMRequestSchema, batch),
    );
    const refusal = { code: 'invalid_argument', message: 'the request has more than 4096 values' };
    for (const [bytes, headers] of [
      [body, { 'content-type': 'application/json' }],
      [gzipSync(body), { 'content-type': 'application/json', 'content-encoding': 'gzip' }],
      [binary, { 'content-type': 'application/proto' }],
    ] as const) {
      const reply = await fetch(url + BATCH_PATH, { method: 'POST', headers, body: bytes });
      expect([reply.status, await reply.json()]).toEqual([400, refusal]);
    }
  });

  it('shares one byte budget with all other requests', async () => {
    const servers = await open({ maxBytes: 50, scopes: ['customers:write'] });
    expect(await post(servers.url + CREATE_PATH, { ...ids })).toMatchObject({
      status: 429,
      body: { message: 'this process holds too many bytes of requests, try again' },
    });
    expect(await servers.bodyBytes()).toBe(0);
  });
});

describe('a call to the gRPC port', () => {
  const session = ({ grpcPort }: BareServers): http2.ClientHttp2Session => {
    const raw = http2.connect(`http://127.0.0.1:${grpcPort}`);
    raw.on('error', () => undefined);
    closers.push(() => raw.destroy());
    return raw;
  };
  const begin = (raw: http2.ClientHttp2Session, path = RFM_PATH) => {
    const stream = raw.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
    stream.on('error', () => undefined);
    stream.resume();
    return stream;
  };
  const statusOf = async (stream: http2.ClientHttp2Stream): Promise<unknown> => {
    const status = new Promise((resolve) => {
      stream.on(
        'response',
        (headers) => headers['grpc-status'] !== undefined && resolve(headers['grpc-status']),
      );
      stream.on('trailers', (headers) => resolve(headers['grpc-status']));
      stream.on('close', () => resolve('closed'));
    });
    return Number(await status);
  };
  const frame = (length: number, bytes: Uint8Array) => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(length, 1);
    return Buffer.concat([head, bytes]);
  };

  it('is refused by its headers alone, and its stream ends while its message still arrives', async () => {
    const servers = await open({ scopes: [] });
    const stream = begin(session(servers));
    stream.write(frame(8_000, Buffer.alloc(10)));
    expect(await statusOf(stream)).toBe(7);
    if (!stream.closed) await once(stream, 'close');
    expect([await servers.inFlight(), await servers.bodyBytes()]).toEqual([0, 0]);
  });

  it('holds its bytes until it has arrived in full, and is refused when that takes too long', async () => {
    const servers = await open({ grpc: { requestWithinMs: 2_000 } });
    const stream = begin(session(servers));
    const status = statusOf(stream);
    stream.write(frame(8_000, Buffer.alloc(95)));
    await waitUntil(async () => (await servers.bodyBytes()) === 100, { what: '100 bytes to be held' });
    expect(await status).toBe(4);
    if (!stream.closed) await once(stream, 'close');
    expect([await servers.inFlight(), await servers.bodyBytes()]).toEqual([0, 0]);
  });

  it('releases its bytes and its slot when its caller disconnects', async () => {
    const servers = await open();
    const raw = session(servers);
    for (let n = 0; n < 3; n++) begin(raw).write(frame(8_000, Buffer.alloc(95)));
    await waitUntil(async () => (await servers.bodyBytes()) === 300, { what: '300 bytes to be held' });
    expect(await servers.inFlight()).toBe(3);
    raw.destroy();
    await waitUntil(async () => (await servers.bodyBytes()) === 0 && (await servers.inFlight()) === 0, {
      what: 'all bytes and slots to be released',
    });
  });

  it('shares one byte budget with all other calls', async () => {
    const servers = await open({ maxBytes: 100 });
    const stream = begin(session(servers));
    stream.write(frame(8_000, Buffer.alloc(200)));
    expect(await statusOf(stream)).toBe(8);
    expect(await servers.bodyBytes()).toBe(0);
  });

  it('may arrive in parts', async () => {
    const servers = await open();
    const bytes = toBinary(GetCustomerRFMRequestSchema, create(GetCustomerRFMRequestSchema, ids));
    const stream = begin(session(servers));
    for (const byte of frame(bytes.length, bytes)) {
      stream.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    stream.end();
    expect(await statusOf(stream)).toBe(0);
    expect(await servers.bodyBytes()).toBe(0);
  });

  it.each([
    ['no message', Buffer.alloc(0)],
    ['half a message', frame(10, Buffer.alloc(5))],
    ['two messages', Buffer.concat([frame(0, Buffer.alloc(0)), frame(0, Buffer.alloc(0))])],
    ['an invalid flag', Buffer.from([2, 0, 0, 0, 0])],
  ])('is invalid with %s', async (_, bytes) => {
    const servers = await open();
    const stream = begin(session(servers));
    stream.end(bytes);
    expect(await statusOf(stream)).toBe(3);
    expect([await servers.inFlight(), await servers.bodyBytes()]).toEqual([0, 0]);
  });

  it('limits the time of a health check and the number of health watches', async () => {
    const servers = await open({ grpc: { requestWithinMs: 200, maxHealthWatches: 1 } });
    const raw = session(servers);
    expect(await statusOf(begin(raw, '/grpc.health.v1.Health/Check'))).toBe(3);
    const watch = () => {
      const stream = begin(raw, '/grpc.health.v1.Health/Watch');
      stream.end(frame(0, toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema))));
      return stream;
    };
    await once(watch(), 'response');
    expect(await statusOf(watch())).toBe(8);
  });
});

it('limits the number of connections on the gRPC port', async () => {
  const servers = await open({ grpc: { maxConnections: 1 } });
  const first = http2.connect(`http://127.0.0.1:${servers.grpcPort}`);
  closers.push(() => first.destroy());
  await once(first, 'remoteSettings');
  const second = connect(servers.grpcPort, '127.0.0.1');
  second.on('error', () => undefined);
  await once(second, 'close');
});
