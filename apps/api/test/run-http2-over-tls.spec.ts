// tag: compliance
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { waitUntil, workspaceRoot } from '@core/testing';
import { openTransports } from './grpc-transports.ts';
import { block, END_HEADERS, END_STREAM, frame, HEADERS, OPEN, request } from './raw-http2.ts';

const transports = openTransports();
let child: ChildProcess | undefined;
afterEach(() => child?.kill());

it('survives a reply to a peer that has ended its half and does not read', async () => {
  const { key, certificate } = transports.certificate();
  const file = join(workspaceRoot(), 'apps/api/test/run-http2-over-tls-process.ts');
  const server = (child = spawn(process.execPath, [file, key, certificate]));
  let [output, errors] = ['', ''];
  server.stdout.on('data', (part: Buffer) => (output += part.toString()));
  server.stderr.on('data', (part: Buffer) => (errors += part.toString()));
  const ended = () => server.exitCode !== null || server.signalCode !== null;
  await waitUntil(() => output.includes('\n') || ended(), { what: 'the server to listen' });

  const socket = (await transports.openSocket('TLS', Number(output.split('\n', 1)[0]))).pause();
  socket.end(Buffer.concat([OPEN, frame(HEADERS, END_HEADERS | END_STREAM, 1, block(...request('/')))]));
  await waitUntil(() => output.includes('replied') || ended(), { what: 'the reply' });
  socket.resume();
  await waitUntil(() => output.includes('closed') || ended(), { what: 'the end of the session' });
  expect([ended(), errors]).toEqual([false, '']);
}, 120_000);
