import { writeSync } from 'node:fs';
import { constants, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { runHttp2OverTls, secureSocketOf } from './run-http2-over-tls.ts';
import { handleOf, privateFieldOf } from './keep-sessions.ts';

/** A GOAWAY with this stream id announces a shutdown and refuses nothing. */
const HIGHEST_STREAM = 2 ** 31 - 1;
const GOAWAY = 7;
/** Maximum wait for the answer to a ping; on a mobile link an answer takes a second. */
const ANSWER_WITHIN_MS = 3_000;

/** The part of the native session that is used here. */
interface Handle {
  ping(payload: undefined, done: (ack: boolean, duration: number, payload: Buffer) => void): boolean;
}

/**
 * Closes sessions as RFC 9113, 6.8, advises, for any reason: age, idleness, or process shutdown. The last
 * GOAWAY names the last stream. It is sent a round trip after the first one, so that a call that crosses the
 * first one is served. Node and grpc-js send the two at once. A proxy then counts the ignored call as a
 * failure of this server, because it may not repeat a POST.
 */
export function closeGracefully(server: Http2Server): void {
  server.prependListener('session', (session: ServerHttp2Session) => {
    pingWhileClosing(session);
    announceEnd(session);
  });
  runHttp2OverTls(server);
}

function announceEnd(session: ServerHttp2Session): void {
  const goaway = session.goaway.bind(session);
  const close = session.close.bind(session);
  let announced = false;
  session.goaway = (code = constants.NGHTTP2_NO_ERROR, lastStream, data) => {
    if (lastStream !== HIGHEST_STREAM) return goaway(code, lastStream, data);
    if (!announced) writeGoaway(session, code);
    announced = true;
    return undefined;
  };
  let closeRequested = false;
  session.close = (done) => {
    if (session.destroyed || session.closed) return;
    if (done) session.once('close', done);
    if (closeRequested) return;
    closeRequested = true;
    const limit = setTimeout(close, ANSWER_WITHIN_MS).unref();
    session.once('close', () => clearTimeout(limit));
    session.goaway(constants.NGHTTP2_NO_ERROR, HIGHEST_STREAM);
    // Returns false when too many pings are in flight; then the timeout closes the session.
    session.ping(() => close());
  };
}

/**
 * Writes a GOAWAY frame past nghttp2. nghttp2 ignores all new streams after its first GOAWAY, except after
 * its "shutdown notice", which Node does not offer. The frame fits between others, because Node hands over
 * whole frames only: in plaintext to the kernel, under TLS to a socket into which JavaScript may write
 * (run-http2-over-tls.ts).
 */
function writeGoaway(session: ServerHttp2Session, code: number): void {
  const frame = Buffer.alloc(17);
  frame.writeUIntBE(8, 0, 3);
  frame[3] = GOAWAY;
  frame.writeUInt32BE(HIGHEST_STREAM, 9);
  frame.writeUInt32BE(code, 13);
  const secure = secureSocketOf(session);
  if (secure?.writable) secure.write(frame);
  else if (!session.encrypted) writeDirectly(session, frame);
}

/**
 * Writes a frame directly to the file descriptor. Rejected: socket.write(), which completes later when the
 * peer reads slowly. The native session then aborts the process, because it mistakes the completion of any
 * write on its socket for the completion of a write that it started itself. A peer whose buffer is full gets
 * no frame: it has replies to read before it would see one.
 */
function writeDirectly(session: ServerHttp2Session, frame: Buffer): void {
  const { fd = -1, writeQueueSize = 0 } = nativeStreamOf(session);
  // Data that libuv still holds must be sent first.
  if (fd < 0 || writeQueueSize > 0) return;
  try {
    // The peer would read half a frame together with the next one.
    if (writeSync(fd, frame) < frame.length) session.destroy();
  } catch {
    // EAGAIN: the buffer is full. Any other error: the peer has disconnected, which the session detects
    // itself.
  }
}

/** Returns the native stream of a session's socket; an empty object once the socket is closed. */
function nativeStreamOf(session: ServerHttp2Session): { fd?: number; writeQueueSize?: number } {
  const socket = privateFieldOf(session, 'socket') as { _handle?: object | null } | undefined;
  return socket?._handle ?? {};
}

/**
 * Sends pings on a closing session through the native session, so that a dead peer is detected. Node's ping()
 * sends nothing there and returns undefined, which grpc-js's keepalive treats as a failure: it destroyed the
 * session and all its streams long before the end of their grace period.
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
