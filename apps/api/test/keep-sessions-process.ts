import { createHook } from 'node:async_hooks';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { carryTls } from '../src/grpc/carry-tls.ts';
import { keepSessions } from '../src/grpc/keep-sessions.ts';
import { openBareServers } from './bare-servers.ts';
import { http2Server } from './http2-server.ts';

/**
 * For keep-sessions.spec.ts, because an abort ends the whole process: the gRPC port, and a bare server, whose reply to
 * /large no socket takes at once. Garbage is collected at every turn, or in pauses so that more becomes garbage at once.
 * Further arguments are the key and the certificate of the bare server, which is under TLS with them.
 */
const [when, ...files] = process.argv.slice(2);
const servers = await openBareServers();
const bare = http2Server(files);
keepSessions(bare);
carryTls(bare);
bare.on('sessionError', () => undefined);
bare.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
  stream.on('error', () => undefined);
  // It can be refused before it is told of.
  if (stream.destroyed) return;
  stream.respond({ ':status': 200 });
  stream.end(headers[':path'] === '/large' ? Buffer.alloc(30_000_000) : 'x');
});
await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));

const collect = () => void globalThis.gc?.();
if (when === 'turns') createHook({ before: collect, after: collect }).enable();
else setInterval(collect, 20);
process.stdout.write(`${servers.grpcPort} ${(bare.address() as AddressInfo).port}\n`);
