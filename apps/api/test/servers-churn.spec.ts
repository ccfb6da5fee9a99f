import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { queryObjects } from 'node:v8';
import { create, toBinary } from '@bufbuild/protobuf';
import { CoreService, GetCustomerRFMRequestSchema } from '@core/contracts';
import { waitUntil } from '@core/testing';
import { ids, openBareServers, RFM_PATH, type BareServers } from './bare-servers.ts';
import { TRANSPORTS, openTransports, type Transport } from './grpc-transports.ts';
import { post } from './support.ts';

const CALLS = 2_000;
const AT_ONCE = 50;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';

const message = toBinary(GetCustomerRFMRequestSchema, create(GetCustomerRFMRequestSchema, ids));
const framed = Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]);

const transports = openTransports();

/** Sends `text` and disconnects. */
async function sendAndDrop(port: number, text: string, transport: Transport = 'plaintext'): Promise<void> {
  const socket = await transports.openSocket(transport, port);
  if (text) await new Promise((resolve) => socket.write(text, 'latin1', resolve));
  socket.destroy();
}

/** Makes a whole call and disconnects before the answer. */
async function callAndDrop({ grpcPort }: BareServers, transport: Transport): Promise<void> {
  const session = transports.session(transport, grpcPort);
  session.on('error', () => undefined);
  const stream = session.request({
    ':method': 'POST',
    ':path': RFM_PATH,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.on('error', () => undefined);
  await new Promise((resolve) => stream.end(framed, () => resolve(undefined)));
  session.destroy();
}

/** Returns the class of the server's half of an HTTP/2 connection, which node:http2 does not export. */
async function sessionClass(): Promise<new () => object> {
  const server = http2.createServer().listen(0);
  const accepted = once(server, 'session') as Promise<[object]>;
  const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [session] = await accepted;
  const found = session.constructor as new () => object;
  client.destroy();
  await new Promise((resolve) => server.close(resolve));
  return found;
}

let servers: BareServers;
afterEach(() => servers.stop());

const openFiles = () => readdirSync('/proc/self/fd').length;

it.each(TRANSPORTS)(
  'keeps no sockets or sessions after 10,000 short connections, over %s',
  async (transport) => {
    const Session = await sessionClass();
    servers = await openBareServers({ credentials: transports.credentials(transport) });
    const { grpcPort, httpPort } = servers;
    const before = openFiles();
    const kinds = [
      () => sendAndDrop(grpcPort, ''),
      () => sendAndDrop(grpcPort, PREFACE.slice(0, 10), transport),
      () => sendAndDrop(grpcPort, PREFACE, transport),
      () => sendAndDrop(httpPort, `POST ${RFM_PATH} HTTP/1.1\r\ncontent-length: 9`),
      () => callAndDrop(servers, transport),
    ];
    servers.hold = new Promise((resolve) => setTimeout(resolve, 100));
    for (let n = 0; n < CALLS; n += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, () => Promise.all(kinds.map((kind) => kind()))));
    }
    expect(servers.grpcConnections()).toBeGreaterThan(CALLS);
    await waitUntil(async () => (await servers.inFlight()) === 0, { what: 'the calls to end' });
    await waitUntil(() => openFiles() <= before, { what: 'the sockets to close' });
    await waitUntil(() => queryObjects(Session, { format: 'count' }) === 0, {
      what: 'the sessions to be freed',
    });

    const rpc = transports.client(transport, grpcPort);
    await rpc.unary(CoreService.method.getCustomerRFM, ids);
    // A dropped connection may not have arrived yet when the count was zero.
    await waitUntil(() => queryObjects(Session, { format: 'count' }) === 1, {
      what: 'one remaining session',
    });
    expect((await post(servers.url + RFM_PATH, ids)).status).toBe(200);
    rpc.close();
  },
  1_800_000,
);
