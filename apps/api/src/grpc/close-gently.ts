import { writeSync } from 'node:fs';
import { constants, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { carryTls, secureSocketOf } from './carry-tls.ts';
import { handleOf, privateOf } from './keep-sessions.ts';

/** A GOAWAY with it announces an end and refuses nothing. */
const HIGHEST_STREAM = 2 ** 31 - 1;
const GOAWAY = 7;
/** A peer that answers no ping within that is not waited for; on a mobile link an answer takes a second. */
const ANSWER_WITHIN_MS = 3_000;

/** The part of the native session that is used here. */
interface Handle {
  ping(payload: undefined, done: (ack: boolean, duration: number, payload: Buffer) => void): boolean;
}

/**
 * Closes sessions as RFC 9113, 6.8, advises, whatever closes them: their age, idleness, or the end of the process. The
 * last GOAWAY, which names the last stream, leaves a round trip after the first one, so that a call which crosses the
 * first one is served. Node and grpc-js write the two at once: a proxy counts the call that was ignored as a failure
 * of this server, because it may not repeat a POST.
 */
export function closeGently(server: Http2Server): void {
  server.prependListener('session', (session: ServerHttp2Session) => {
    pingWhileClosing(session);
    announceEnd(session);
  });
  carryTls(server);
}

function announceEnd(session: ServerHttp2Session): void {
  const goaway = session.goaway.bind(session);
  const close = session.close.bind(session);
  let leaving = false;
  session.goaway = (code = constants.NGHTTP2_NO_ERROR, lastStream, data) => {
    if (lastStream !== HIGHEST_STREAM) return goaway(code, lastStream, data);
    if (!leaving) announce(session, code);
    leaving = true;
    return undefined;
  };
  let asked = false;
  session.close = (done) => {
    if (session.destroyed || session.closed) return;
    if (done) session.once('close', done);
    if (asked) return;
    asked = true;
    const limit = setTimeout(close, ANSWER_WITHIN_MS).unref();
    session.once('close', () => clearTimeout(limit));
    session.goaway(constants.NGHTTP2_NO_ERROR, HIGHEST_STREAM);
    // False when too many pings are under way; then the limit closes it.
    session.ping(() => close());
  };
}

/**
 * nghttp2 ignores all new streams from its first GOAWAY on, unless that is its "shutdown notice", which Node does not
 * offer. Therefore this frame goes past it: Node hands over whole frames only, in the clear to the kernel, under TLS to
 * a socket into which JavaScript may write (carry-tls.ts).
 */
function announce(session: ServerHttp2Session, code: number): void {
  const frame = Buffer.alloc(17);
  frame.writeUIntBE(8, 0, 3);
  frame[3] = GOAWAY;
  frame.writeUInt32BE(HIGHEST_STREAM, 9);
  frame.writeUInt32BE(code, 13);
  const secure = secureSocketOf(session);
  if (secure?.writable) secure.write(frame);
  else if (!session.encrypted) writePast(session, frame);
}

/**
 * Rejected: socket.write(). When the peer reads slowly its write ends later, and the native session aborts the process,
 * because it takes the end of any write of its socket for the end of its own. A peer whose buffer is full is told
 * nothing: it has replies to read before it would see the frame.
 */
function writePast(session: ServerHttp2Session, frame: Buffer): void {
  const { fd = -1, writeQueueSize = 0 } = streamUnder(session);
  // Data that libuv still holds must be sent first.
  if (fd < 0 || writeQueueSize > 0) return;
  try {
    // Half a frame would be read with the next one.
    if (writeSync(fd, frame) < frame.length) session.destroy();
  } catch {
    // EAGAIN: the buffer is full. Any other error: the peer has gone, as the session learns by itself.
  }
}

/** The native stream of a session's socket; nothing of it once the socket is closed. */
function streamUnder(session: ServerHttp2Session): { fd?: number; writeQueueSize?: number } {
  const socket = privateOf(session, 'socket') as { _handle?: object | null } | undefined;
  return socket?._handle ?? {};
}

/**
 * Node's ping() sends nothing on a closing session and returns undefined, which grpc-js's keepalive takes for a
 * failure: it destroyed the session, and all streams with it, long before the end of their grace. The native session
 * still pings, so that a dead peer is found out meanwhile.
 */
function pingWhileClosing(session: ServerHttp2Session): void {
  const ping = session.ping.bind(session) as (...args: unknown[]) => boolean;
  session.ping = (...args: unknown[]): boolean => {
    const handle = handleOf(session) as Handle | undefined;
    const [done] = args as [(error: Error | null, duration: number, payload: Buffer) => void];
    if (!session.closed || session.destroyed || !handle || typeof done !== 'function') return ping(...args);
    return handle.ping(undefined, (ack, duration, payload) =>
      done(ack ? null : new Error('the ping was not answered'), duration, payload),
    );
  };
}
