import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { pause } from '@core/runtime';
import { waitUntil, workspaceRoot } from '@core/testing';
import { RFM_PATH } from './bare-servers.ts';
import { TRANSPORTS, openTransports, type Transport } from './grpc-transports.ts';
import { block, DATA, END_HEADERS, END_STREAM, frame, HEADERS, OPEN, PING, request } from './raw-http2.ts';

const LAST_PING = frame(PING, 0, 0, Buffer.from('lastping'));

let child: ChildProcess;
let errors: string;
let ports: { grpc: number; bare: number };
const transports = openTransports();
/** Starts the process; `transport` applies to the bare server. */
async function start(collect: 'turns' | 'pauses', transport: Transport): Promise<void> {
  const file = join(workspaceRoot(), 'apps/api/test/keep-sessions-process.ts');
  const { key, certificate } = transports.certificate();
  const args = ['--expose-gc', file, collect, ...(transport === 'TLS' ? [key, certificate] : [])];
  child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  errors = '';
  child.stderr?.on('data', (part: Buffer) => (errors += part.toString()));
  const [line] = (await once(child.stdout as NodeJS.EventEmitter, 'data')) as [Buffer];
  const [grpc, bare] = line.toString().split(' ').map(Number) as [number, number];
  ports = { grpc, bare };
}
afterEach(() => void child.kill());

const ended = () => child.exitCode !== null || child.signalCode !== null;
/** Also resolves with the process's death, which the expectation then reports. */
const untilReceived = (socket: Socket, what: string) => {
  let all = '';
  socket.on('data', (part: Buffer) => (all += part.toString('latin1')));
  return waitUntil(() => all.includes(what) || socket.destroyed, { what: 'an answer' });
};
const assertStillAnswers = async () => {
  const socket = await transports.openSocket('plaintext', ports.grpc);
  socket.write(Buffer.concat([OPEN, LAST_PING]));
  await untilReceived(socket, 'lastping');
  socket.destroy();
  expect({ ended: ended(), errors }).toEqual({ ended: false, errors: '' });
};

it.each(TRANSPORTS)(
  'survives a connection that ends after refused headers and a refused body, over %s',
  async (transport) => {
    await start('turns', transport);
    const bytes = Buffer.concat([
      OPEN,
      frame(HEADERS, END_HEADERS, 1, block([':method', 'GET'], [':scheme', 'http'], [':path', ''])),
      // The body is longer than its content-length.
      frame(HEADERS, END_HEADERS, 3, block(...request(RFM_PATH), ['content-length', '5'])),
      frame(DATA, END_STREAM, 3, Buffer.alloc(68)),
      LAST_PING,
    ]);
    // Without keepSessions the second iteration aborts the process. Each one collects garbage at every turn,
    // which takes seconds.
    for (let n = 0; n < 5 && !ended(); n++) {
      const socket = await transports.openSocket(transport, ports.bare);
      socket.write(bytes);
      await untilReceived(socket, 'lastping');
      socket.destroy();
    }
    await assertStillAnswers();
  },
  300_000,
);

const TRAILERS = [
  ['unfinished', 0, block(['x-a', 'y'.repeat(300)])],
  ['refused', END_HEADERS | END_STREAM, block(['x-a', 'y'.repeat(300)], [':path', '/'])],
] as const;
it.each(TRANSPORTS.flatMap((transport) => TRAILERS.map((trailers) => [transport, ...trailers] as const)))(
  'survives, over %s, a connection that ends after %s trailers while a reply is sent',
  async (transport, _, flags, trailers) => {
    await start('pauses', transport);
    for (let n = 0; n < 8 && !ended(); n++) {
      const socket = await transports.openSocket(transport, ports.bare);
      socket.write(Buffer.concat([OPEN, frame(HEADERS, END_HEADERS, 1, block(...request('/large')))]));
      // The reply has started, and the rest of it is not read.
      await Promise.race([once(socket, 'readable'), once(socket, 'close')]);
      socket.write(frame(HEADERS, flags, 1, trailers));
      await pause(100); // The server reads the trailers, and writes until the socket is full.
      // Node resets no TLS socket; the kernel does, because the socket has unread bytes.
      if (transport === 'TLS') socket.destroy();
      else socket.resetAndDestroy();
      await pause(100); // Garbage is collected.
    }
    await assertStillAnswers();
  },
  300_000,
);
