import type { Duplex } from 'node:stream';
import { create, toBinary } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import {
  GetCustomerRFMRequestSchema,
  ImportService,
  ImportStatus,
  WatchCustomerImportRequestSchema,
} from '@core/contracts';
import { createWatchImport, type ImportRun } from '@core/domain';
import { waitUntil } from '@core/testing';
import type { GrpcLimits } from '../src/grpc/limits.ts';
import { ids, openBareServers, RFM_PATH, type BareServers } from './bare-servers.ts';
import { TRANSPORTS, openTransports, type Transport } from './grpc-transports.ts';
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

const transports = openTransports();
const opened: BareServers[] = [];
const sockets: Duplex[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(opened.splice(0).map((servers) => servers.stop()));
});

async function open(
  transport: Transport,
  limits: Partial<GrpcLimits>,
  more: Parameters<typeof openBareServers>[0] = {},
) {
  const servers = await openBareServers({
    ...more,
    grpc: limits,
    credentials: transports.credentials(transport),
  });
  opened.push(servers);
  const socket = await transports.openSocket(transport, servers.grpcPort);
  sockets.push(socket);
  const seen: Frame[] = [];
  const client = {
    servers,
    socket,
    /** The client answers pings while this is true. */
    answers: true,
    pings: () => seen.filter(({ type, flags }) => type === PING && flags !== ACK).length,
    /** The last streams that GOAWAYs name; Node repeats the last GOAWAY when it closes the socket. */
    goaways: () => [
      ...new Set(
        seen
          .filter(({ type }) => type === GOAWAY)
          .map(({ payload }) => payload.readUInt32BE(0) & HIGHEST_STREAM),
      ),
    ],
    /** Returns whether the reply to a stream has ended with trailers. */
    answered: (stream: number) =>
      seen.some((each) => each.stream === stream && each.type === HEADERS && (each.flags & END_STREAM) !== 0),
    reset: (stream: number) => seen.some((each) => each.stream === stream && each.type === RST_STREAM),
    /** Returns the number of data frames in the reply to a stream. */
    data: (stream: number) => seen.filter((each) => each.stream === stream && each.type === DATA).length,
    call: (stream: number, path = RFM_PATH, message = MESSAGE) =>
      void socket.write(callOn(stream, path, message)),
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
function callOn(stream: number, path: string, message: Uint8Array): Buffer {
  const length = Buffer.alloc(5);
  length.writeUInt32BE(message.length, 1);
  return Buffer.concat([
    frame(HEADERS, END_HEADERS, stream, block(...request(path), ['te', 'trailers'])),
    frame(DATA, END_STREAM, stream, Buffer.concat([length, message])),
  ]);
}

/** Simulates an import that runs until the test ends it, with the service's own watch. */
function runningImport() {
  const counts = {
    read: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    skipped: 0,
    failed: 0,
    deleted: 0,
    missed: 0,
  };
  const initial = { shop: 'a.myshopify.com', source: 'rest', mode: 'full', expected: null, ...counts };
  let run: Partial<ImportRun> = { ...initial, status: 'running' } as Partial<ImportRun>;
  const watchImport = createWatchImport(async (watched) => ({ ...watched, ...run }) as ImportRun);
  return {
    end: () => void (run = { ...run, status: 'completed' }),
    options: {
      scopes: ['imports:write' as const],
      deps: { watchImport, stopping: new AbortController().signal },
    },
  };
}
const WATCHED = { merchantId: ids.merchantId, importId: ids.customerId };

it.each(TRANSPORTS)(
  'serves calls that cross the GOAWAY for a connection’s age, over %s',
  async (transport) => {
    const client = await open(transport, AGE);
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
  },
  120_000,
);

it.each(TRANSPORTS)(
  'serves calls that cross the GOAWAY for idleness and for a shutdown, over %s',
  async (transport) => {
    const idle = await open(transport, { idleMs: 500 });
    const stopped = await open(transport, {});
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
  },
  120_000,
);

it.each(TRANSPORTS)(
  'does not wait for a peer that does not answer pings, over %s',
  async (transport) => {
    const client = await open(transport, AGE);
    client.answers = false;
    client.call(1);
    await waitUntil(() => client.socket.closed, { what: 'the end of the connection' });
    expect(client.goaways()).toEqual([HIGHEST_STREAM, 1]);
  },
  120_000,
);

it.each(TRANSPORTS)(
  'keeps a call alive through keepalives beyond its connection’s age, over %s',
  async (transport) => {
    const client = await open(transport, { ...AGE, keepaliveMs: 2_000, keepaliveAnswerMs: 60_000 });
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

it.each(TRANSPORTS)(
  'keeps a watch of an import alive through keepalives beyond its connection’s age, over %s',
  async (transport) => {
    const { options, end } = runningImport();
    const client = await open(transport, { ...AGE, keepaliveMs: 2_000, keepaliveAnswerMs: 60_000 }, options);
    const message = toBinary(
      WatchCustomerImportRequestSchema,
      create(WatchCustomerImportRequestSchema, WATCHED),
    );
    client.call(1, '/core.v1.ImportService/WatchCustomerImport', message);
    await waitUntil(() => client.goaways().length === 2 || client.socket.closed, { what: 'the last GOAWAY' });
    const [pings, snapshots] = [client.pings(), client.data(1)];
    await waitUntil(
      () => (client.pings() >= pings + 3 && client.data(1) >= snapshots + 3) || client.socket.closed,
      { what: 'three keepalives, and a snapshot each second' },
    );
    expect([client.socket.closed, client.reset(1), client.answered(1)]).toEqual([false, false, false]);
    end();
    await waitUntil(() => client.socket.closed, { what: 'the end of the connection' });
    expect([client.reset(1), client.answered(1)]).toEqual([false, true]);
  },
  120_000,
);

// HTTP/1.1 has no GOAWAY and therefore no age: only the time limits of node:http could end a watch.
it.each([
  ['Connect', createConnectTransport],
  ['gRPC-Web', createGrpcWebTransport],
] as const)(
  'keeps a watch of an import alive beyond every limit of the HTTP port, by %s',
  async (_, transport) => {
    const { options, end } = runningImport();
    const servers = await openBareServers({
      ...options,
      http: {
        headersTimeout: 300,
        requestTimeout: 500,
        keepAliveTimeout: 300,
        connectionsCheckingInterval: 100,
      },
    });
    opened.push(servers);
    const client = createClient(ImportService, transport({ baseUrl: servers.url, httpVersion: '1.1' }));
    const statuses: (ImportStatus | undefined)[] = [];
    for await (const { customerImport } of client.watchCustomerImport(WATCHED)) {
      statuses.push(customerImport?.status);
      if (statuses.length === 4) end();
    }
    expect(statuses.slice(0, 4)).toEqual(Array(4).fill(ImportStatus.RUNNING));
    expect(statuses.at(-1)).toBe(ImportStatus.COMPLETED);
  },
  120_000,
);

it.each(TRANSPORTS)(
  'ends a call beyond its connection’s age when its peer is dead, over %s',
  async (transport) => {
    const client = await open(transport, { ...AGE, keepaliveMs: 1_500, keepaliveAnswerMs: 500 });
    const gate = Promise.withResolvers<void>();
    client.servers.hold = gate.promise;
    client.call(1);
    await waitUntil(() => client.goaways().length === 2, { what: 'the last GOAWAY' });
    client.answers = false;
    await waitUntil(() => client.socket.closed, { what: 'the end of the connection' });
    expect(client.answered(1)).toBe(false);
    gate.resolve();
  },
  120_000,
);

it.each(TRANSPORTS)(
  'ends a call at the end of the grace period, over %s',
  async (transport) => {
    const client = await open(transport, { ...AGE, ageGraceMs: 3_000, keepaliveMs: 500 });
    const gate = Promise.withResolvers<void>();
    client.servers.hold = gate.promise;
    client.call(1);
    await waitUntil(() => client.goaways().length === 2, { what: 'the last GOAWAY' });
    await waitUntil(() => client.socket.closed, { what: 'the end of the connection' });
    expect(client.answered(1)).toBe(false);
    gate.resolve();
  },
  120_000,
);
