import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { closeGently } from '../src/grpc/close-gently.ts';

/**
 * For close-gently.spec.ts, because an abort ends the whole process: a server that announces the end of a connection, as
 * grpc-js does, while its reply is larger than what a socket takes at once. The third argument is the size of a reply.
 */
const BYTES = Number(process.argv[2]);
const server = createServer();
closeGently(server);
server.on('session', (session: ServerHttp2Session) => session.on('error', () => undefined));
server.on('stream', (stream: ServerHttp2Stream) => {
  const { session } = stream;
  stream.on('error', () => undefined);
  stream.respond({ ':status': 200 });
  stream.end(Buffer.alloc(BYTES));
  // By then the first part of the reply is in the socket.
  setTimeout(() => {
    session?.goaway(0, 2 ** 31 - 1);
    process.stdout.write('announced\n');
  }, 200);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
