import * as http2 from 'node:http2';
import type { Flood, FloodPorts } from './flood.ts';

const CONNECTIONS = 25;
const STREAMS = 256;
const UNAUTHENTICATED = '16';
const ANNOUNCED = 1024 * 1024;
/** The bytes that a stream may send before it needs a window update. */
const WINDOW = 60_000;

/** Makes calls that announce 1 MiB and never send all of it. */
export function floodStreams({ grpcPort }: FloodPorts): Flood {
  const part = Buffer.alloc(WINDOW);
  part.writeUInt32BE(ANNOUNCED, 1);
  let refused = 0;
  const others: string[] = [];
  const sessions = Array.from({ length: CONNECTIONS }, () => {
    const session = http2.connect(`http://127.0.0.1:${grpcPort}`, { maxSessionMemory: 1_000 });
    session.on('error', () => undefined);
    session.once('remoteSettings', () => {
      for (let n = 0; n < STREAMS; n++) begin(session);
    });
    return session;
  });
  const begin = (session: http2.ClientHttp2Session) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/core.v1.CoreService/CreateCustomer',
      'content-type': 'application/grpc',
    });
    stream.on('error', () => undefined);
    const countAnswer = (headers: http2.IncomingHttpHeaders) => {
      const status = headers['grpc-status'];
      if (status === UNAUTHENTICATED) refused++;
      else if (status !== undefined && others.length < 10)
        others.push(`an unauthenticated call was answered ${status}`);
    };
    stream.on('response', countAnswer).on('trailers', countAnswer);
    stream.resume();
    stream.write(part);
  };
  return {
    refused: () => refused,
    others,
    async stop() {
      for (const session of sessions) session.destroy();
    },
  };
}
