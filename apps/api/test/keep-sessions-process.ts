import { createHook } from 'node:async_hooks';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { runHttp2OverTls } from '../src/grpc/run-http2-over-tls.ts';
import { keepSessions } from '../src/grpc/keep-sessions.ts';
import { openBareServers } from './bare-servers.ts';
import { http2Server } from './http2-server.ts';

/**
 * The process that keep-sessions.spec.ts starts, because an abort ends the whole process. It opens the gRPC
 * port and a bare server, whose reply to /large does not fit into a socket's buffer. Garbage is collected at
 * every turn, or at intervals so that more becomes garbage at once. Further arguments are the key and the
 * certificate of the bare server; with them it uses TLS.
 */
const [mode, ...files] = process.argv.slice(2);
const servers = await openBareServers();
const bare = http2Server(files);
keepSessions(bare);
runHttp2OverTls(bare);
bare.on('sessionError', () => undefined);
bare.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
  stream.on('error', () => undefined);
  // The stream can be refused before this listener is called.
  if (stream.destroyed) return;
  stream.respond({ ':status': 200 });
  stream.end(headers[':path'] === '/large' ? Buffer.alloc(30_000_000) : 'x');
});
await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));

const collect = () => void globalThis.gc?.();
if (mode === 'turns') createHook({ before: collect, after: collect }).enable();
else setInterval(collect, 20);
process.stdout.write(`${servers.grpcPort} ${(bare.address() as AddressInfo).port}\n`);
