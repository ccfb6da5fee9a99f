import type { Http2Server, Http2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

const sockets = new WeakMap<Http2Session, TLSSocket>();

/**
 * Returns the TLS socket into which JavaScript may write beside this session; undefined on a plaintext
 * connection.
 */
export const secureSocketOf = (session: Http2Session): TLSSocket | undefined => sockets.get(session);

/**
 * Lets HTTP/2 run on a TLS socket as on any JavaScript stream, instead of on its native handle. JavaScript
 * may then write between the frames of a session. On the native handle the completion of such a write aborts
 * the process, because the native session mistakes it for the completion of a write that it started itself.
 * Backpressure works as on the handle: a session has one write in flight and reads nothing while it writes.
 *
 * Node decides by a property of the handle. Rejected: a Duplex around the socket, because each part of each
 * reply would pass through one more stream.
 */
export function runHttp2OverTls(server: Http2Server): void {
  server.prependListener('secureConnection', (socket: TLSSocket & { _handle?: object | null }) => {
    // HTTP/2 sets these automatically on a native socket.
    socket.setNoDelay();
    socket.disableRenegotiation();
    if (socket._handle) Object.defineProperty(socket._handle, 'isStreamBase', { value: false });
  });
  server.prependListener('session', exposeSocket);
}

function exposeSocket(session: Http2Session): void {
  const wrapper = session.socket as (Duplex & { stream?: TLSSocket }) | undefined;
  const socket = wrapper?.stream;
  if (!socket) return;
  // Otherwise a peer that has ended its half also ends the wrapper's half. A later reply then fails an
  // assertion in Node, which ends the process. The TLS socket still ends its half, and then both close.
  wrapper.allowHalfOpen = true;
  sockets.set(session, socket);
  // The wrapper has no address and no certificate, and Node reports it as unencrypted.
  Object.defineProperties(session, {
    socket: { value: socket },
    encrypted: { value: true },
    alpnProtocol: { value: socket.alpnProtocol },
  });
}
