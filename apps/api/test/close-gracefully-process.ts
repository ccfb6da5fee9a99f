import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { closeGracefully } from '../src/grpc/close-gracefully.ts';
import { http2Server } from './http2-server.ts';

/**
 * The process that close-gracefully.spec.ts starts, because an abort ends the whole process. A server
 * announces the end of a connection, as grpc-js does, while its reply is larger than a socket's buffer. The
 * arguments are the size of a reply and, under TLS, the files of the server's key and certificate.
 */
const [bytes, ...files] = process.argv.slice(2);
const server = http2Server(files);
closeGracefully(server);
server.on('session', (session: ServerHttp2Session) => session.on('error', () => undefined));
server.on('stream', (stream: ServerHttp2Stream) => {
  const { session } = stream;
  stream.on('error', () => undefined);
  stream.respond({ ':status': 200 });
  stream.end(Buffer.alloc(Number(bytes)));
  // By then the first part of the reply is in the socket.
  setTimeout(() => {
    session?.goaway(0, 2 ** 31 - 1);
    process.stdout.write('announced\n');
  }, 200);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
