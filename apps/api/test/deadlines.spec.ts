import { connect } from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { CoreService } from '@core/contracts';
import { waitUntil } from '@core/testing';
import { ids, openBareServers, RFM_PATH, type BareServers } from './bare-servers.ts';
import { post } from './support.ts';
import { talk } from './talk.ts';

/** Only the deadline ends a call within the time of a spec. */
const LONG_LIMITS = {
  grpc: { requestWithinMs: 600_000, lingerMs: 600_000 },
  http: { headersTimeout: 600_000, requestTimeout: 600_000 },
};

let servers: BareServers;
beforeAll(async () => void (servers = await openBareServers(LONG_LIMITS)));
afterAll(() => servers?.stop());

const { input } = CoreService.method.getCustomerRFM;
const REQUEST = Buffer.from(toBinary(input, create(input, ids)));
const framed = (message: Buffer) => Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);

/**
 * Calls without a client library, because libraries set their own deadlines. Resolves once the stream has
 * closed.
 */
async function callGrpc(
  timeout: string,
  { path = RFM_PATH, body }: { path?: string; body: Buffer | 'none' },
) {
  const session = connect(`http://127.0.0.1:${servers.grpcPort}`);
  try {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': timeout,
    });
    let code: unknown;
    for (const event of ['response', 'trailers'] as const) {
      stream.on(event, (headers: Record<string, unknown>) => (code = headers['grpc-status'] ?? code));
    }
    const closed = new Promise((resolve) => stream.once('close', resolve));
    if (body !== 'none') stream.end(body);
    stream.resume();
    await closed;
    return Number(code);
  } finally {
    session.destroy();
  }
}

describe('a deadline that has passed when the call arrives', () => {
  it.each(['0H', '0M', '0S', '0m', '0u', '00000000n', '1n', '999u'])(
    'is not served on the gRPC port: %s',
    async (timeout) => {
      const reads = await handled();
      expect(await callGrpc(timeout, { body: framed(REQUEST) })).toBe(status.DEADLINE_EXCEEDED);
      expect(await handled()).toBe(reads);
    },
  );

  it('is not served by the health service either', async () =>
    expect(
      await callGrpc('0S', { path: '/grpc.health.v1.Health/Check', body: framed(Buffer.alloc(0)) }),
    ).toBe(status.DEADLINE_EXCEEDED));

  it.each(['0', '0000000000'])('is not served on the HTTP port: %s', async (ms) => {
    const late = await post(servers.url + RFM_PATH, ids, { 'connect-timeout-ms': ms });
    expect([late.status, late.body['code']]).toEqual([504, 'deadline_exceeded']);
  });

  it('is not served as gRPC-Web', async () => {
    const reply = await fetch(servers.url + RFM_PATH, {
      method: 'POST',
      headers: { 'content-type': 'application/grpc-web+proto', 'grpc-timeout': '0m' },
      body: framed(REQUEST),
    });
    const text = (reply.headers.get('grpc-status') ?? '') + (await reply.text());
    expect(text).toMatch(/^4|grpc-status: ?4/);
  });
});

describe('a request that does not arrive is answered at the deadline of its call', () => {
  it.each<[string, Buffer]>([
    ['at all', Buffer.alloc(0)],
    ['in full', framed(REQUEST).subarray(0, 9)],
  ])('on the gRPC port, when it does not arrive %s', async (_, part) => {
    const session = connect(`http://127.0.0.1:${servers.grpcPort}`);
    try {
      const stream = session.request({
        ':method': 'POST',
        ':path': RFM_PATH,
        'content-type': 'application/grpc',
        te: 'trailers',
        'grpc-timeout': '50m',
      });
      if (part.length > 0) stream.write(part);
      const answered = new Promise<number>((resolve) =>
        stream.once('response', (headers) => resolve(Number(headers['grpc-status']))),
      );
      const closed = new Promise((resolve) => stream.once('close', resolve));
      stream.resume();
      expect(await answered).toBe(status.DEADLINE_EXCEEDED);
      // The server then holds none of its bytes.
      await closed;
      await waitUntil(async () => (await servers.bodyBytes()) === 0, { what: 'its bytes to be released' });
    } finally {
      session.destroy();
    }
  });

  it.each([
    ['at all', ''],
    ['in full', '{'],
  ])('on the HTTP port, when it does not arrive %s', async (_, part) => {
    const head =
      `POST ${RFM_PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n` +
      'connect-timeout-ms: 50\r\ncontent-length: 100\r\n\r\n';
    expect(await talk(servers.httpPort, head + part)).toMatch(/^HTTP\/1\.1 504 [^]*deadline_exceeded/);
    await waitUntil(async () => (await servers.bodyBytes()) === 0, { what: 'its bytes to be released' });
  });
});

/** Returns the number of calls that were served, or refused with another code than the deadline's. */
async function handled(): Promise<number> {
  const counts = (await servers.metrics()).matchAll(
    /^core_rpc_duration_seconds_count\{[^}]*code="(?!deadline_exceeded)[^}]*\} (\d+)$/gm,
  );
  return [...counts].reduce((sum, [, n]) => sum + Number(n), 0);
}
