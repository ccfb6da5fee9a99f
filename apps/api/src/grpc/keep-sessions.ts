import type { Http2Server, Http2Session } from 'node:http2';

/** The native object behind a session or a stream, under a private symbol; a spec sees whether it still is. */
const handleOf = (owner: object): object | undefined => {
  symbol ??= Object.getOwnPropertySymbols(owner).find(({ description }) => description === 'kHandle');
  return symbol && (owner as Record<symbol, object | undefined>)[symbol];
};
let symbol: symbol | undefined;

/**
 * Node 26 aborts the whole process when the garbage collector frees the native session before a native stream that
 * has left it and still owns headers: "Assertion failed: (current_nghttp2_memory_) == (0)". A peer reaches that with a
 * refused or unfinished block of headers and the end of its connection. Here the session outlives its streams.
 *
 * A stream is freed at the next turn of the event loop, so the session is held until then. One whose reply is still on
 * its way to the socket is freed by the garbage collector instead: then the session waits for that, as the held value
 * of a registry. Not for all streams, because a registry keeps what it watches through all minor collections.
 *
 * Rejected: a checker of frames before node:http2, because it would decode each block of headers a second time.
 */
export function keepSessions(server: Http2Server): void {
  const held = new Set<object>();
  const untilFreed = new FinalizationRegistry<object>(() => undefined);
  server.prependListener('session', (session: Http2Session) => {
    const handle = handleOf(session);
    if (!handle) return;
    held.add(handle);
    session.once('close', () => setImmediate(() => setImmediate(() => held.delete(handle))));
  });
  server.prependListener('stream', (stream) => {
    const handle = handleOf(stream);
    const parent = stream.session && handleOf(stream.session);
    if (!handle || !parent) return;
    stream.once('close', () => {
      if (!stream.writableFinished) untilFreed.register(handle, parent);
    });
  });
}
