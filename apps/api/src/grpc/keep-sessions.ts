import type { Http2Server, Http2Session } from 'node:http2';

const symbols = new Map<string, symbol>();

/**
 * Returns a value that Node keeps in a session or stream under a private symbol; specs check that it still
 * exists.
 */
export function privateFieldOf(owner: object, name: string): object | undefined {
  const symbol =
    symbols.get(name) ?? Object.getOwnPropertySymbols(owner).find(({ description }) => description === name);
  if (!symbol) return undefined;
  symbols.set(name, symbol);
  return (owner as Record<symbol, object | undefined>)[symbol];
}

/** Returns the native object behind a session or a stream. */
export const handleOf = (owner: object): object | undefined => privateFieldOf(owner, 'kHandle');

/**
 * Keeps native sessions alive longer than their streams. Node 26 aborts the whole process when the garbage
 * collector frees the native session before a native stream that has left it and still owns headers:
 * "Assertion failed: (current_nghttp2_memory_) == (0)". A peer causes that with a refused or unfinished
 * header block followed by the end of its connection.
 *
 * A stream is freed in the next turn of the event loop, so the session is held until then. A stream whose
 * reply is still on its way to the socket is freed by the garbage collector instead: then a registry keeps
 * the session as the held value. Not every stream is registered, because a registry keeps what it watches
 * through all minor collections.
 *
 * Rejected: a frame checker in front of node:http2, because it would decode each header block a second time.
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
