import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { constants, type ClientHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { CoreService } from '@core/contracts';
import { grpcClient, waitUntil } from '@core/testing';
import { status } from '@grpc/grpc-js';
import { ids, openBareServers, RFM_PATH, type BareServers } from './bare-servers.ts';
import { TRANSPORTS, openTransports, type Transport } from './grpc-transports.ts';
import { failure, post } from './support.ts';

const rfm = CoreService.method.getCustomerRFM;

const opened: BareServers[] = [];
const transports = openTransports();
const open = async (transport: Transport = 'plaintext'): Promise<BareServers> => {
  const servers = await openBareServers({ credentials: transports.credentials(transport) });
  opened.push(servers);
  return servers;
};
// Stops servers that a failed spec has left open; stopping a stopped one returns at once.
afterEach(() => Promise.all(opened.splice(0).map((servers) => servers.stop())));

/** Makes one call over `agent`. @returns its status, its connection header, and the client's port */
async function callOver(agent: Agent, url: string): Promise<[number, string | undefined, number]> {
  const sent = request(url + RFM_PATH, {
    agent,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  });
  sent.end(JSON.stringify(ids));
  const [reply] = (await once(sent, 'response')) as [IncomingMessage];
  const { localPort } = reply.socket as Socket;
  reply.resume();
  await once(reply, 'end');
  return [reply.statusCode!, reply.headers.connection, localPort!];
}

it('lets calls in progress finish, and refuses new connections in that time', async () => {
  const servers = await open();
  const gate = Promise.withResolvers<void>();
  servers.hold = gate.promise;
  const rpc = grpcClient(`127.0.0.1:${servers.grpcPort}`);
  const held = Promise.all([rpc.unary(rfm, ids), post(servers.url + RFM_PATH, ids)]);
  await waitUntil(async () => (await servers.inFlight()) === 2, { what: 'two calls' });
  const stopped = servers.stop();

  const late = grpcClient(`127.0.0.1:${servers.grpcPort}`);
  expect((await failure(late.unary(rfm, ids))).code).toBe(status.UNAVAILABLE);
  await expect(post(servers.url + RFM_PATH, ids)).rejects.toThrow('fetch failed');

  gate.resolve();
  const [, overHttp] = await held;
  expect([overHttp.status, overHttp.headers.get('connection')]).toEqual([200, 'close']);
  await stopped;
  rpc.close();
  late.close();
});

it.each(TRANSPORTS)('sends GOAWAY over %s, and serves a call that crosses it', async (transport) => {
  const servers = await open(transport);
  const session = transports.session(transport, servers.grpcPort);
  const headers = { ':method': 'POST', ':path': RFM_PATH, 'content-type': 'application/grpc' };
  const call = (): ClientHttp2Stream => {
    const stream = session.request(headers);
    stream.on('error', () => undefined);
    stream.end(Buffer.alloc(5));
    return stream.resume();
  };
  const first = call();
  await once(first, 'close');
  const goaway = once(session, 'goaway') as Promise<[number, number]>;
  const stopped = servers.stop();
  const crossing = call(); // written before the GOAWAY can have been read
  // The highest stream id: a shutdown is announced, and nothing is refused yet.
  expect(await goaway).toEqual([constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1, undefined]);
  await waitUntil(() => crossing.destroyed, { what: 'the call to end' });
  expect(crossing.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  await stopped;
});

it('answers a request that an idle HTTP connection sends during a shutdown, and then closes it', async () => {
  const servers = await open();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const [before, connection, port] = await callOver(agent, servers.url);
  expect([before, connection]).toEqual([200, 'keep-alive']);
  const stopped = servers.stop();
  expect(await callOver(agent, servers.url)).toEqual([200, 'close', port]);
  await stopped;
  agent.destroy();
});

it.each(TRANSPORTS)('cuts calls that do not end, over %s', async (transport) => {
  const servers = await open(transport);
  servers.hold = new Promise(() => undefined);
  const rpc = transports.client(transport, servers.grpcPort);
  const overGrpc = failure(rpc.unary(rfm, ids));
  const overHttp = failure(post(servers.url + RFM_PATH, ids));
  await waitUntil(async () => (await servers.inFlight()) === 2, { what: 'two calls' });
  await servers.stop();
  expect([status.UNAVAILABLE, status.CANCELLED]).toContain((await overGrpc).code);
  expect((await overHttp).code).not.toBe(0);
  rpc.close();
});
