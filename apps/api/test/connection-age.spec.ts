import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type * as grpc from '@grpc/grpc-js';
import { create, toBinary } from '@bufbuild/protobuf';
import { GetCustomerRFMRequestSchema } from '@core/contracts';
import { makeCertificate, waitUntil } from '@core/testing';
import { grpcCredentials } from '../src/grpc/tls.ts';
import type { GrpcLimits } from '../src/grpc/limits.ts';
import { ids, openBareServers, RFM_PATH, type BareServers } from './bare-servers.ts';
import {
  block,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  HEADERS,
  OPEN,
  onFrames,
  PING,
  request,
  RST_STREAM,
  type Frame,
} from './raw-http2.ts';

const ACK = 1;
const HIGHEST_STREAM = 2 ** 31 - 1;
const AGE: Partial<GrpcLimits> = { connectionAgeMs: 1_000 };

let dir: string;
let credentials: grpc.ServerCredentials;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'core-age-'));
  const { certificate, key } = await makeCertificate(dir, 'server', { names: ['IP:127.0.0.1'] });
  credentials = grpcCredentials({
    CORE_GRPC_TLS_CERT: certificate,
    CORE_GRPC_TLS_KEY: key,
    CORE_GRPC_TLS_CLIENT_CA: undefined,
  });
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const opened: BareServers[] = [];
const sockets: Duplex[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(opened.splice(0).map((servers) => servers.stop()));
});

const DOORS = ['clear', 'TLS'] as const;

async function open(door: (typeof DOORS)[number], limits: Partial<GrpcLimits>) {
  const servers = await openBareServers({
    grpc: limits,
    ...(door === 'TLS' ? { credentials } : {}),
  });
  opened.push(servers);
  const to = { port: servers.grpcPort, host: '127.0.0.1' };
  const socket: Duplex =
    door === 'TLS' ? connectTls({ ...to, rejectUnauthorized: false, ALPNProtocols: ['h2'] }) : connect(to);
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, door === 'TLS' ? 'secureConnect' : 'connect');
  const seen: Frame[] = [];
  const client = {
    servers,
    socket,
    /** Pings are answered while it is true. */
    answers: true,
    pings: () => seen.filter(({ type, flags }) => type === PING && flags !== ACK).length,
    /** The last streams that GOAWAYs name; Node repeats the last one when it closes the socket. */
    goaways: () => [
      ...new Set(
        seen
          .filter(({ type }) => type === GOAWAY)
          .map(({ payload }) => payload.readUInt32BE(0) & HIGHEST_STREAM),
      ),
    ],
    /** Whether the reply to a stream has ended with trailers. */
    answered: (stream: number) =>
      seen.some((each) => each.stream === stream && each.type === HEADERS && (each.flags & END_STREAM) !== 0),
    reset: (stream: number) => seen.some((each) => each.stream === stream && each.type === RST_STREAM),
    call: (stream: number) => void socket.write(callOn(stream)),
    whenGoaway: undefined as (() => void) | undefined,
  };
  onFrames(socket, (each) => {
    seen.push(each);
    if (each.type === GOAWAY) client.whenGoaway?.();
    if (each.type === PING && each.flags !== ACK && client.answers) {
      socket.write(frame(PING, ACK, 0, each.payload));
    }
  });
  socket.write(OPEN);
  return client;
}

const MESSAGE = toBinary(GetCustomerRFMRequestSchema, create(GetCustomerRFMRequestSchema, ids));
const LENGTH = Buffer.alloc(5);
LENGTH.writeUInt32BE(MESSAGE.length, 1);
const callOn = (stream: number): Buffer =>
  Buffer.concat([
    frame(HEADERS, END_HEADERS, stream, block(...request(RFM_PATH), ['te', 'trailers'])),
    frame(DATA, END_STREAM, stream, Buffer.concat([LENGTH, MESSAGE])),
  ]);

it('serves calls that cross the GOAWAY of a connection’s age', async () => {
  const client = await open('clear', AGE);
  client.call(1);
  await waitUntil(() => client.answered(1), { what: 'a reply' });
  client.whenGoaway = () => {
    client.whenGoaway = undefined;
    client.call(3);
    client.call(5);
  };
  await waitUntil(() => client.socket.closed, { what: 'the end of the connection' });
  expect([client.answered(3), client.answered(5)]).toEqual([true, true]);
  expect(client.goaways()).toEqual([HIGHEST_STREAM, 5]);
}, 120_000);

it('serves calls that cross the GOAWAY of idleness and of a stop', async () => {
  const idle = await open('clear', { idleMs: 500 });
  const stopped = await open('clear', {});
  for (const client of [idle, stopped]) {
    client.call(1);
    await waitUntil(() => client.answered(1), { what: 'a reply' });
    client.whenGoaway = () => {
      client.whenGoaway = undefined;
      client.call(3);
    };
  }
  void stopped.servers.stop();
  for (const client of [idle, stopped]) {
    await waitUntil(() => client.socket.closed, { what: 'the end of the connection' });
    expect([client.answered(3), client.goaways()]).toEqual([true, [HIGHEST_STREAM, 3]]);
  }
}, 120_000);

it('does not wait for a peer that answers no ping', async () => {
  const client = await open('clear', AGE);
  client.answers = false;
  client.call(1);
  await waitUntil(() => client.socket.closed, { what: 'the end of the connection' });
  expect(client.goaways()).toEqual([HIGHEST_STREAM, 1]);
}, 120_000);

it.each(DOORS)(
  'lets a call live through keepalives beyond its connection’s age, %s',
  async (door) => {
    const client = await open(door, { ...AGE, keepaliveMs: 2_000, keepaliveAnswerMs: 60_000 });
    const gate = Promise.withResolvers<void>();
    client.servers.hold = gate.promise;
    client.call(1);
    await waitUntil(() => client.goaways().length === 2 || client.socket.closed, { what: 'the last GOAWAY' });
    const before = client.pings();
    await waitUntil(() => client.pings() >= before + 3 || client.socket.closed, { what: 'three keepalives' });
    expect([client.socket.closed, client.reset(1)]).toEqual([false, false]);
    gate.resolve();
    await waitUntil(() => client.socket.closed, { what: 'the end of the connection' });
    expect(client.answered(1)).toBe(true);
  },
  120_000,
);

it('gives up a call beyond its connection’s age when its peer is dead', async () => {
  const client = await open('clear', { ...AGE, keepaliveMs: 1_500, keepaliveAnswerMs: 500 });
  const gate = Promise.withResolvers<void>();
  client.servers.hold = gate.promise;
  client.call(1);
  await waitUntil(() => client.goaways().length === 2, { what: 'the last GOAWAY' });
  client.answers = false;
  await waitUntil(() => client.socket.closed, { what: 'the end of the connection' });
  expect(client.answered(1)).toBe(false);
  gate.resolve();
}, 120_000);

it('ends a call with its grace', async () => {
  const client = await open('clear', { ...AGE, ageGraceMs: 3_000, keepaliveMs: 500 });
  const gate = Promise.withResolvers<void>();
  client.servers.hold = gate.promise;
  client.call(1);
  await waitUntil(() => client.goaways().length === 2, { what: 'the last GOAWAY' });
  await waitUntil(() => client.socket.closed, { what: 'the end of the connection' });
  expect(client.answered(1)).toBe(false);
  gate.resolve();
}, 120_000);
