import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { waitUntil, workspaceRoot } from '@core/testing';
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
  request,
} from './raw-http2.ts';

/** More than the buffers of two sockets hold; they grow to a few MB. */
const LARGE = 30_000_000;

let child: ChildProcess;
let output: string;
let errors: string;
const transports = openTransports();
const sockets: Duplex[] = [];
async function start(transport: Transport, bytes: number): Promise<number> {
  const file = join(workspaceRoot(), 'apps/api/test/close-gracefully-process.ts');
  const { key, certificate } = transports.certificate();
  const files = transport === 'TLS' ? [key, certificate] : [];
  child = spawn(process.execPath, [file, String(bytes), ...files], { stdio: ['ignore', 'pipe', 'pipe'] });
  [output, errors] = ['', ''];
  child.stdout?.on('data', (part: Buffer) => (output += part.toString()));
  child.stderr?.on('data', (part: Buffer) => (errors += part.toString()));
  await waitUntil(() => output.includes('\n') || ended(), { what: 'the server to listen' });
  return Number(output.split('\n', 1)[0]);
}
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  child.kill();
});
const ended = () => child.exitCode !== null || child.signalCode !== null;

/** Sends one request, and reads nothing of the reply until `listen` is called. */
async function sendRequest(transport: Transport, port: number) {
  const socket = (await transports.openSocket(transport, port)).pause();
  sockets.push(socket);
  const got = { bytes: 0, last: false, goaways: [] as number[] };
  const listen = () => {
    onFrames(socket, ({ type, flags, payload }) => {
      if (type === DATA) got.bytes += payload.length;
      if (type === DATA && (flags & END_STREAM) !== 0) got.last = true;
      if (type === GOAWAY) got.goaways.push(payload.readUInt32BE(0));
    });
    socket.resume();
  };
  socket.write(Buffer.concat([OPEN, frame(HEADERS, END_HEADERS | END_STREAM, 1, block(...request('/')))]));
  return { got, listen };
}

it.each(TRANSPORTS)(
  'announces the end of a connection whose peer reads, over %s',
  async (transport) => {
    const { got, listen } = await sendRequest(transport, await start(transport, 10));
    listen();
    await waitUntil(() => got.goaways.length > 0 || ended(), { what: 'a GOAWAY' });
    expect([got.goaways, got.bytes, errors]).toEqual([[2 ** 31 - 1], 10, '']);
  },
  120_000,
);

it.each(TRANSPORTS)(
  'survives the end of a connection whose peer reads nothing, and sends it the whole reply, over %s',
  async (transport) => {
    const port = await start(transport, LARGE);
    const { got, listen } = await sendRequest(transport, port);
    await waitUntil(() => output.includes('announced') || ended(), { what: 'the announcement' });
    listen();
    await waitUntil(() => got.last || ended(), { what: 'the whole reply' });
    expect([got.bytes, ended(), errors]).toEqual([LARGE, false, '']);
    const another = await sendRequest(transport, port);
    another.listen();
    await waitUntil(() => another.got.last || ended(), { what: 'the next reply' });
    expect([ended(), errors]).toEqual([false, '']);
  },
  120_000,
);
