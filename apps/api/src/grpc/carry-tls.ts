import type { Http2Server, Http2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

const sockets = new WeakMap<Http2Session, TLSSocket>();

/** The TLS socket into which JavaScript may write beside this session; undefined in the clear. */
export const secureSocketOf = (session: Http2Session): TLSSocket | undefined => sockets.get(session);

/**
 * Lets HTTP/2 run on a TLS socket as on any stream of JavaScript, instead of on its native handle. Then JavaScript may
 * write between the frames of a session: on the native handle the end of that write aborts the process, because the
 * native session takes it for the end of its own. Back-pressure is as on the handle: a session writes once at a time,
 * and reads nothing while it writes.
 *
 * Node decides by a property of the handle. Rejected: a Duplex around the socket, because each part of each reply would
 * pass one stream more.
 */
export function carryTls(server: Http2Server): void {
  server.prependListener('secureConnection', (socket: TLSSocket & { _handle?: object | null }) => {
    // HTTP/2 sets these on a native socket by itself.
    socket.setNoDelay();
    socket.disableRenegotiation();
    if (socket._handle) Object.defineProperty(socket._handle, 'isStreamBase', { value: false });
  });
  server.prependListener('session', showSocket);
}

function showSocket(session: Http2Session): void {
  const wrapper = session.socket as (Duplex & { stream?: TLSSocket }) | undefined;
  const socket = wrapper?.stream;
  if (!socket) return;
  // Otherwise a peer that has ended its half ends the wrapper's too, and a reply after that fails an assertion of Node,
  // which ends the process. The TLS socket still ends its half, and then both close.
  wrapper.allowHalfOpen = true;
  sockets.set(session, socket);
  // The wrapper has no address and no certificate, and Node says of it that nothing is encrypted.
  Object.defineProperties(session, {
    socket: { value: socket },
    encrypted: { value: true },
    alpnProtocol: { value: socket.alpnProtocol },
  });
}
