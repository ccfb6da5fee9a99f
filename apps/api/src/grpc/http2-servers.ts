import type { Http2Server, ServerHttp2Session } from 'node:http2';
import { guardedEvent, type Logger } from '@core/runtime';
import type * as grpc from '@grpc/grpc-js';
import { boundTimeouts } from '../request/bound-timeouts.ts';
import type { Connections } from '../request/keep-proven.ts';
import { keepSessions } from './keep-sessions.ts';

/** The HTTP/2 servers in a private field of grpc-js; specs check that the field still exists. */
const serversUnder = (server: grpc.Server) =>
  server['http2Servers'] as Map<Http2Server, { sessions: Set<ServerHttp2Session> }>;

/**
 * Called once the servers listen. The listeners belong to grpc-js and let exceptions escape, for example for
 * a stream whose session has ended meanwhile.
 */
export function hardenServers(
  server: grpc.Server,
  connections: Connections,
  log: Pick<Logger, 'error'>,
): void {
  for (const each of serversUnder(server).keys()) {
    for (const event of ['stream', 'session'] as const) {
      const listeners = each.listeners(event) as ((...args: unknown[]) => unknown)[];
      each.removeAllListeners(event);
      for (const listener of listeners) each.on(event, guardedEvent(listener.bind(each), log));
    }
    connections.watch(each);
    keepSessions(each);
    each.prependListener('stream', (_stream, headers) => boundTimeouts(headers));
    // grpc-js listens for the first one only.
    each.on('stream', (stream) => stream.on('error', () => undefined));
  }
}

/** Closes all remaining sessions. Without channelz, forceShutdown knows no sessions. */
export function cutSessions(server: grpc.Server): void {
  for (const { sessions } of serversUnder(server).values()) {
    for (const session of sessions) session.destroy();
  }
  server.forceShutdown();
}
