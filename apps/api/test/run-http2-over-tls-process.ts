import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { runHttp2OverTls, secureSocketOf } from '../src/grpc/run-http2-over-tls.ts';
import { http2Server } from './http2-server.ts';

/**
 * The process that run-http2-over-tls.spec.ts starts, because a failed assertion in Node ends the whole
 * process. A server under TLS writes more to its socket than the peer reads, and replies once the peer has
 * ended its half. The arguments are the files of its key and certificate.
 */
const print = (text: string) => process.stdout.write(`${text}\n`);
const server = http2Server(process.argv.slice(2));
runHttp2OverTls(server);
server.on('session', (session: ServerHttp2Session) => {
  session.on('error', () => undefined).on('close', () => print('closed'));
});
server.on('stream', (stream: ServerHttp2Stream) => {
  stream.on('error', () => undefined);
  const socket = stream.session && secureSocketOf(stream.session);
  socket?.write(Buffer.alloc(30_000_000));
  socket?.once('end', () => {
    stream.respond({ ':status': 200 });
    stream.end('x');
    print('replied');
  });
});
server.listen(0, '127.0.0.1', () => print(String((server.address() as AddressInfo).port)));
