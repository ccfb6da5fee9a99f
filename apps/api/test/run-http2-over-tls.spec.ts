// tag: compliance
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { waitUntil, workspaceRoot } from '@core/testing';
import { openDoors } from './grpc-doors.ts';
import { block, END_HEADERS, END_STREAM, frame, HEADERS, OPEN, request } from './raw-http2.ts';

const doors = openDoors();
let child: ChildProcess | undefined;
afterEach(() => child?.kill());

it('survives a reply to a peer that has ended its half and does not read', async () => {
  const { key, certificate } = doors.certificate();
  const file = join(workspaceRoot(), 'apps/api/test/run-http2-over-tls-process.ts');
  const server = (child = spawn(process.execPath, [file, key, certificate]));
  let [said, errors] = ['', ''];
  server.stdout.on('data', (part: Buffer) => (said += part.toString()));
  server.stderr.on('data', (part: Buffer) => (errors += part.toString()));
  const ended = () => server.exitCode !== null || server.signalCode !== null;
  await waitUntil(() => said.includes('\n') || ended(), { what: 'the server to listen' });

  const socket = (await doors.dial('under TLS', Number(said.split('\n', 1)[0]))).pause();
  socket.end(Buffer.concat([OPEN, frame(HEADERS, END_HEADERS | END_STREAM, 1, block(...request('/')))]));
  await waitUntil(() => said.includes('replied') || ended(), { what: 'the reply' });
  socket.resume();
  await waitUntil(() => said.includes('closed') || ended(), { what: 'the end of the session' });
  expect([ended(), errors]).toEqual([false, '']);
}, 120_000);
