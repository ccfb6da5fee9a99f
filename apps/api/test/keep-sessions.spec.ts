import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { pause } from '@core/runtime';
import { waitUntil, workspaceRoot } from '@core/testing';
import { RFM_PATH } from './bare-servers.ts';
import { block, DATA, END_HEADERS, END_STREAM, frame, HEADERS, OPEN, PING, request } from './raw-http2.ts';

const LAST = frame(PING, 0, 0, Buffer.from('lastping'));

let child: ChildProcess;
let errors: string;
let ports: { grpc: number; bare: number };
async function start(collect: 'turns' | 'pauses'): Promise<void> {
  const file = join(workspaceRoot(), 'apps/api/test/keep-sessions-process.ts');
  child = spawn(process.execPath, ['--expose-gc', file, collect], { stdio: ['ignore', 'pipe', 'pipe'] });
  errors = '';
  child.stderr?.on('data', (part: Buffer) => (errors += part.toString()));
  const [line] = (await once(child.stdout as NodeJS.EventEmitter, 'data')) as [Buffer];
  const [grpc, bare] = line.toString().split(' ').map(Number) as [number, number];
  ports = { grpc, bare };
}
afterEach(() => void child.kill());

const ended = () => child.exitCode !== null || child.signalCode !== null;
async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket;
}
/** Resolves with the process's death, too: the expectation says so. */
const heard = (socket: Socket, what: string) => {
  let all = '';
  socket.on('data', (part: Buffer) => (all += part.toString('latin1')));
  return waitUntil(() => all.includes(what) || socket.destroyed, { what: 'an answer' });
};
const stillAnswers = async () => {
  const socket = await dial(ports.grpc);
  socket.write(Buffer.concat([OPEN, LAST]));
  await heard(socket, 'lastping');
  socket.destroy();
  expect({ ended: ended(), errors }).toEqual({ ended: false, errors: '' });
};

it('goes on when a connection ends after refused headers and a refused body', async () => {
  await start('turns');
  const bytes = Buffer.concat([
    OPEN,
    frame(HEADERS, END_HEADERS, 1, block([':method', 'GET'], [':scheme', 'http'], [':path', ''])),
    // The body is longer than it says.
    frame(HEADERS, END_HEADERS, 3, block(...request(RFM_PATH), ['content-length', '5'])),
    frame(DATA, END_STREAM, 3, Buffer.alloc(68)),
    LAST,
  ]);
  // Without the mend the second one aborts the process. Each collects garbage at every turn, which takes seconds.
  for (let n = 0; n < 5 && !ended(); n++) {
    const socket = await dial(ports.bare);
    socket.write(bytes);
    await heard(socket, 'lastping');
    socket.destroy();
  }
  await stillAnswers();
}, 300_000);

it.each([
  ['unfinished', 0, block(['x-a', 'y'.repeat(300)])],
  ['refused', END_HEADERS | END_STREAM, block(['x-a', 'y'.repeat(300)], [':path', '/'])],
])(
  'goes on when a connection ends after %s trailers, with a reply under way',
  async (_, flags, trailers) => {
    await start('pauses');
    for (let n = 0; n < 8 && !ended(); n++) {
      const socket = await dial(ports.bare);
      socket.write(Buffer.concat([OPEN, frame(HEADERS, END_HEADERS, 1, block(...request('/large')))]));
      // The reply has begun, and the rest of it is not read.
      await Promise.race([once(socket, 'readable'), once(socket, 'close')]);
      socket.write(frame(HEADERS, flags, 1, trailers));
      await pause(100); // The server reads it, and writes until the socket is full.
      socket.resetAndDestroy();
      await pause(100); // Garbage is collected.
    }
    await stillAnswers();
  },
  300_000,
);
