import { createHook } from 'node:async_hooks';
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { keepSessions } from '../src/grpc/keep-sessions.ts';
import { openBareServers } from './bare-servers.ts';

/**
 * For keep-sessions.spec.ts, because an abort ends the whole process: the gRPC port, and a bare server, whose reply to
 * /large no socket takes at once. Garbage is collected at every turn, or in pauses so that more becomes garbage at once.
 */
const servers = await openBareServers();
const bare = createServer();
keepSessions(bare);
bare.on('sessionError', () => undefined);
bare.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
  stream.on('error', () => undefined);
  stream.respond({ ':status': 200 });
  stream.end(headers[':path'] === '/large' ? Buffer.alloc(30_000_000) : 'x');
});
await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve));

const collect = () => void globalThis.gc?.();
if (process.argv[2] === 'turns') createHook({ before: collect, after: collect }).enable();
else setInterval(collect, 20);
process.stdout.write(`${servers.grpcPort} ${(bare.address() as AddressInfo).port}\n`);
