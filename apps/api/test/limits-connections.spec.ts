import { once } from 'node:events';
import * as http2 from 'node:http2';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { create, toBinary } from '@bufbuild/protobuf';
import { CoreService, GetCustomerRFMRequestSchema } from '@core/contracts';
import { HealthCheckRequestSchema } from '@core/contracts/grpc';
import { CoreError } from '@core/runtime';
import { waitUntil } from '@core/testing';
import type { Identify } from '../src/rpc-context/caller.ts';
import { ids, openBareServers, RFM_PATH, type BareServers } from './bare-servers.ts';
import { TRANSPORTS, openTransports, type Transport } from './grpc-transports.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Identifies a caller by any token. */
const byToken: Identify = ({ header }) => {
  if (!header('authorization')) throw new CoreError('unauthenticated', 'authorization: is required');
  return { caller: 'spec', scopes: new Set(['rfm:read'] as const) };
};
const token = { authorization: 'Bearer any' };

const transports = openTransports();
type Servers = BareServers & { transport: Transport };

async function open(
  options: Parameters<typeof openBareServers>[0],
  transport: Transport = 'plaintext',
): Promise<Servers> {
  const credentials = transports.credentials(transport);
  const servers = await openBareServers({ identify: byToken, credentials, ...options });
  closers.push(() => servers.stop());
  return { ...servers, transport };
}

/** Opens an HTTP/2 session that sends only its preface and settings. */
async function openIdleSession({ transport, grpcPort }: Servers): Promise<http2.ClientHttp2Session> {
  const session = transports.session(transport, grpcPort);
  session.on('error', () => undefined);
  closers.push(() => session.destroy());
  await Promise.race([once(session, 'remoteSettings'), once(session, 'close')]);
  return session;
}
/** Opens a TCP connection that sends nothing. */
async function openIdleSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  closers.push(() => socket.destroy());
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}
const message = (bytes: Uint8Array) =>
  Buffer.concat([Buffer.from([0, 0, 0, 0, bytes.length]), Buffer.from(bytes)]);
const MESSAGES = {
  rfm: message(toBinary(GetCustomerRFMRequestSchema, create(GetCustomerRFMRequestSchema, ids))),
  health: message(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema))),
};
/** Makes a call on this connection. @returns its gRPC status */
async function call(
  session: http2.ClientHttp2Session,
  path: string,
  body: Buffer,
  headers: Record<string, string> = {},
): Promise<number> {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => undefined).resume();
  let status = -1;
  stream.on('response', (sent) => (status = Number(sent['grpc-status'] ?? status)));
  stream.on('trailers', (sent) => (status = Number(sent['grpc-status'] ?? status)));
  stream.end(body);
  await once(stream, 'close');
  return status;
}
const untilClosed = (what: string, ...peers: { readonly destroyed: boolean }[]) =>
  waitUntil(() => peers.every(({ destroyed }) => destroyed), { what: `${what} to be closed` });

describe.each(TRANSPORTS)('a full gRPC port over %s', (transport) => {
  it.each<[string, (servers: Servers) => Promise<unknown>]>([
    ['of idle sockets', ({ grpcPort }) => openIdleSocket(grpcPort)],
    ['of sessions without a call', openIdleSession],
    ['of refused callers', async (servers) => call(await openIdleSession(servers), RFM_PATH, MESSAGES.rfm)],
    [
      'of health checks',
      async (servers) =>
        call(await openIdleSession(servers), '/grpc.health.v1.Health/Check', MESSAGES.health),
    ],
  ])('%s accepts a known caller, and keeps its connection', async (_, fill) => {
    const servers = await open({ grpc: { maxConnections: 4 } }, transport);
    for (let n = 0; n < 8; n++) await fill(servers);
    const rpc = transports.client(transport, servers.grpcPort);
    closers.push(() => rpc.close());
    const read = () => rpc.unary(CoreService.method.getCustomerRFM, ids, { metadata: token });
    await read();
    for (let n = 0; n < 8; n++) await fill(servers);
    const accepted = servers.grpcConnections();
    await read();
    expect(servers.grpcConnections()).toBe(accepted);
  });

  it('drops the oldest connection without an admitted call, and refuses once all have one', async () => {
    const servers = await open({ grpc: { maxConnections: 3 } }, transport);
    const first = await openIdleSession(servers);
    const admitted = await openIdleSession(servers);
    expect(await call(admitted, RFM_PATH, MESSAGES.rfm, token)).toBe(0);
    const third = await openIdleSession(servers);
    await untilClosed('the first', first);
    expect(await call(third, RFM_PATH, MESSAGES.rfm, token)).toBe(0);
    const fourth = await openIdleSession(servers);
    expect(await call(fourth, RFM_PATH, MESSAGES.rfm, token)).toBe(0);
    await untilClosed('one connection too many', await openIdleSocket(servers.grpcPort));
    for (const each of [admitted, third, fourth])
      expect(await call(each, RFM_PATH, MESSAGES.rfm, token)).toBe(0);
  });
});

describe.each(TRANSPORTS)('a gRPC connection without an admitted call, over %s', (transport) => {
  it('receives a GOAWAY after a time; a health check lets it stay', async () => {
    const servers = await open({ grpc: { firstCallWithinMs: 500 } }, transport);
    const balancer = await openIdleSession(servers);
    expect(await call(balancer, '/grpc.health.v1.Health/Check', MESSAGES.health)).toBe(0);
    const caller = await openIdleSession(servers);
    expect(await call(caller, RFM_PATH, MESSAGES.rfm, token)).toBe(0);
    const idle = await openIdleSession(servers);
    const [code] = (await once(idle, 'goaway')) as [number];
    expect(code).toBe(http2.constants.NGHTTP2_NO_ERROR);
    const refused = await openIdleSession(servers);
    expect(await call(refused, RFM_PATH, MESSAGES.rfm)).toBe(16);
    await untilClosed('all other connections', idle, refused, await openIdleSocket(servers.grpcPort));
    expect(await call(balancer, '/grpc.health.v1.Health/Check', MESSAGES.health)).toBe(0);
    expect(await call(caller, RFM_PATH, MESSAGES.rfm, token)).toBe(0);
  });
});

describe('a full HTTP port', () => {
  it('of idle sockets accepts a known caller, and keeps its connection', async () => {
    const servers = await open({ http: { maxConnections: 4 } });
    const fill = async () => {
      for (let n = 0; n < 8; n++) await openIdleSocket(servers.httpPort);
    };
    await fill();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closers.push(() => agent.destroy());
    const read = async () => {
      const sent = request(servers.url + RFM_PATH, {
        agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', ...token },
      });
      sent.end(JSON.stringify(ids));
      const [reply] = (await once(sent, 'response')) as [IncomingMessage];
      await reply.toArray();
      return [reply.statusCode, sent.reusedSocket];
    };
    expect(await read()).toEqual([200, false]);
    await fill();
    expect(await read()).toEqual([200, true]);
  });
});
