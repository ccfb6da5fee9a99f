import { once } from 'node:events';
import * as http2 from 'node:http2';
import { connect } from 'node:net';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { CoreService } from '@core/contracts';
import { HealthCheckRequestSchema, HealthCheckResponseSchema } from '@core/contracts/grpc';
import { grpcClient, waitUntil, type GrpcClient } from '@core/testing';
import { GRPC_LIMITS } from '../src/grpc/limits.ts';
import { SMALL_REQUEST } from '../src/method.ts';
import { ids, openBareServers, RFM_PATH, type BareServers } from './bare-servers.ts';
import { repeatRefused } from './repeat-refused.ts';
import { failure, post } from './support.ts';
import { talk } from './talk.ts';

const rfm = CoreService.method.getCustomerRFM;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(options?: Parameters<typeof openBareServers>[0]): Promise<BareServers> {
  const servers = await openBareServers(options);
  closers.push(() => servers.stop());
  return servers;
}

/** Creates a client with its own connection: grpc-js shares the connections of clients with equal options. */
function client({ grpcPort }: BareServers): GrpcClient {
  const rpc = grpcClient(`127.0.0.1:${grpcPort}`);
  closers.push(() => rpc.close());
  return rpc;
}

/** Opens an HTTP/2 session without any gRPC client behavior. */
function session({ grpcPort }: BareServers): http2.ClientHttp2Session {
  const raw = http2.connect(`http://127.0.0.1:${grpcPort}`);
  raw.on('error', () => undefined);
  closers.push(() => raw.destroy());
  return raw;
}

const sendBytes = (servers: BareServers, path: string, body: Uint8Array): Promise<Buffer> => {
  const raw = new grpc.Client(`127.0.0.1:${servers.grpcPort}`, grpc.credentials.createInsecure());
  closers.push(() => raw.close());
  const same = (bytes: Buffer) => bytes;
  return new Promise((resolve, reject) => {
    raw.makeUnaryRequest(path, same, same, Buffer.from(body), (error, reply) =>
      error || !reply ? reject(error) : resolve(reply),
    );
  });
};

describe('a request', () => {
  const largest = 'the request has more than 8192 bytes, the maximum for this method';

  it('is limited to the maximum of its method on the gRPC port', async () => {
    const servers = await open();
    const send = (bytes: number) => failure(sendBytes(servers, RFM_PATH, new Uint8Array(bytes)));
    expect(await send(SMALL_REQUEST)).toMatchObject({ code: grpc.status.INVALID_ARGUMENT });
    expect(await send(SMALL_REQUEST + 1)).toEqual({
      code: grpc.status.RESOURCE_EXHAUSTED,
      details: largest,
    });
  });

  it('is limited to the maximum of its method on the HTTP port', async () => {
    const { url } = await open();
    const big = await post(url + RFM_PATH, { ...ids, consistencyToken: 'x'.repeat(SMALL_REQUEST) });
    expect(big).toMatchObject({ status: 429, body: { code: 'resource_exhausted', message: largest } });
  });
});

describe('metadata', () => {
  const tooMuch: [string, Record<string, string>][] = [
    ['16 KiB', { 'x-large': 'x'.repeat(GRPC_LIMITS.largestMetadata) }],
    ['64 headers', Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`x-${n}`, '1']))],
  ];
  it.each(tooMuch)('has at most %s on the gRPC port, and the connection stays open', async (_, metadata) => {
    const servers = await open();
    const rpc = client(servers);
    await rpc.unary(rfm, ids, { metadata: { 'x-large': 'x'.repeat(8 * 1024) } });
    const refusal = await failure(rpc.unary(rfm, ids, { metadata }));
    expect(refusal.code).toBe(grpc.status.RESOURCE_EXHAUSTED);
    await rpc.unary(rfm, ids);
    expect(servers.grpcConnections()).toBe(1);
  });

  it('has at most 16 KiB on the HTTP port', async () => {
    const { httpPort } = await open();
    const received = await talk(httpPort, `POST / HTTP/1.1\r\nx-large: ${'x'.repeat(16 * 1024)}`);
    expect(received).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large/);
  });
});

describe('calls', () => {
  it('of one connection are limited to 256 at once; the others wait', async () => {
    const servers = await open();
    const gate = Promise.withResolvers<void>();
    servers.hold = gate.promise;
    const rpc = client(servers);
    const calls = Promise.all(Array.from({ length: 300 }, () => rpc.unary(rfm, ids)));
    await waitUntil(async () => (await servers.inFlight()) === GRPC_LIMITS.maxStreams, {
      what: 'the maximum of calls on one connection',
    });
    const other = session(servers);
    await once(other, 'remoteSettings');
    expect(other.remoteSettings.maxConcurrentStreams).toBe(GRPC_LIMITS.maxStreams);
    gate.resolve();
    expect(await calls).toHaveLength(300);
  });

  it('of one process are limited over both ports; health checks are exempt', async () => {
    const servers = await open({ maxCalls: 2 });
    const gate = Promise.withResolvers<void>();
    servers.hold = gate.promise;
    const rpc = client(servers);
    const message = '2 calls are in flight in this process, try again';
    const held = [rpc.unary(rfm, ids), post(servers.url + RFM_PATH, ids)];
    await waitUntil(async () => (await servers.inFlight()) === 2, { what: 'two calls' });
    expect(await failure(rpc.unary(rfm, ids))).toEqual({
      code: grpc.status.RESOURCE_EXHAUSTED,
      details: message,
    });
    expect(await post(servers.url + RFM_PATH, ids)).toMatchObject({
      status: 429,
      body: { code: 'resource_exhausted', message },
    });
    const ask = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema));
    const health = await sendBytes(servers, '/grpc.health.v1.Health/Check', ask);
    expect(fromBinary(HealthCheckResponseSchema, health)).toMatchObject({ status: 1 });
    gate.resolve();
    await Promise.all(held);
    expect(await servers.inFlight()).toBe(0);
    await rpc.unary(rfm, ids);
  });

  it('end at their deadline on both ports', async () => {
    const servers = await open();
    servers.hold = new Promise(() => undefined);
    const late = await failure(client(servers).unary(rfm, ids, { timeoutMs: 50 }));
    expect(late.code).toBe(grpc.status.DEADLINE_EXCEEDED);
    expect(await post(servers.url + RFM_PATH, ids, { 'connect-timeout-ms': '50' })).toMatchObject({
      status: 504,
      body: { code: 'deadline_exceeded' },
    });
  });
});

describe('a connection', () => {
  it.each([
    ['head', 'POST / HTTP/1.1\r\nhost: x\r\n'],
    [
      'body',
      `POST ${RFM_PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{`,
    ],
  ])('whose %s does not arrive is answered 408', async (_, text) => {
    const shortTimeouts = { headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 50 };
    const { httpPort } = await open({ http: shortTimeouts });
    expect(await talk(httpPort, text)).toMatch(/^HTTP\/1\.1 408 Request Timeout/);
  });

  it('is replaced by its client at its maximum age, without a failed call', async () => {
    const servers = await open({ grpc: { connectionAgeMs: 200 } });
    const rpc = client(servers);
    let calls = 0;
    const call = async () => {
      while (servers.grpcConnections() < 5)
        calls += await repeatRefused(() => rpc.unary(rfm, ids)).then(() => 1);
    };
    await Promise.all(Array.from({ length: 20 }, call));
    expect(calls).toBeGreaterThan(0);
  });

  it('without a call is closed', async () => {
    const idle = session(await open({ grpc: { idleMs: 100 } }));
    const [code] = await once(idle, 'goaway');
    expect(code).toBe(http2.constants.NGHTTP2_NO_ERROR);
    await once(idle, 'close');
  });

  it('whose peer does not answer is closed', async () => {
    const { grpcPort } = await open({ grpc: { keepaliveMs: 100, keepaliveAnswerMs: 100 } });
    const settings = '\0\0\0\x04\0\0\0\0\0'; // and never an acknowledged ping
    await talk(grpcPort, `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${settings}`);
  });
});

describe('webhooks', () => {
  const webhook = (length: number, body: string) =>
    [
      'POST /webhooks/shopify HTTP/1.1',
      'host: x',
      'connection: close',
      'content-type: application/json',
      'x-shopify-hmac-sha256: forged',
      'x-shopify-topic: customers/update',
      'x-shopify-shop-domain: a.myshopify.com',
      'x-shopify-event-id: 1',
      `content-length: ${length}`,
      '',
      body,
    ].join('\r\n');
  /** Sends a webhook without its last byte. */
  const begin = ({ httpPort }: BareServers, bytes: number) => {
    const socket = connect(httpPort, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(webhook(bytes + 1, 'x'.repeat(bytes)));
    closers.push(() => socket.destroy());
    return socket;
  };
  const untilHeld = (servers: BareServers, bytes: number) =>
    waitUntil(async () => (await servers.webhookBytes()) === bytes, { what: `${bytes} bytes to be held` });

  it('of one process share a byte limit; a webhook beyond it is answered 503', async () => {
    const servers = await open({ webhooks: { maxBytes: 1_000, answerWithinMs: 60_000 } });
    const [one, two] = [begin(servers, 400), begin(servers, 500)];
    await untilHeld(servers, 900);
    const beyond = webhook(200, 'x'.repeat(200));
    expect(await talk(servers.httpPort, beyond)).toMatch(/^HTTP\/1\.1 503 .*\r\nretry-after: 1\r\n/is);
    await untilHeld(servers, 900); // none of its bytes are kept
    one.destroy(); // this releases its bytes
    await untilHeld(servers, 500);
    expect(await talk(servers.httpPort, beyond)).toMatch(/^HTTP\/1\.1 401 /);
    await untilHeld(servers, 500);
    two.destroy();
    await untilHeld(servers, 0);
  });

  it('whose body does not arrive are answered 503, and release their bytes', async () => {
    const servers = await open({ webhooks: { answerWithinMs: 200 } });
    const received = await talk(servers.httpPort, webhook(300, 'x'.repeat(200)));
    expect(received).toMatch(/^HTTP\/1\.1 503 .*the body did not arrive within 200 ms$/is);
    await untilHeld(servers, 0);
  });
});
