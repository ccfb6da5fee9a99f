import type { Http2Server, ServerHttp2Session } from 'node:http2';
import { guardedEvent, type Logger } from '@core/runtime';
import type * as grpc from '@grpc/grpc-js';
import { boundTimeouts } from '../request/bound-timeouts.ts';
import { keepSessions } from './keep-sessions.ts';
import type { GrpcLimits } from './limits.ts';

/** What lies under grpc-js, in a private field; specs see whether it still does. */
const serversUnder = (server: grpc.Server) =>
  server['http2Servers'] as Map<Http2Server, { sessions: Set<ServerHttp2Session> }>;

/**
 * Once they listen. Their listeners are those of grpc-js, and it lets exceptions out of them: of a stream whose session
 * has ended meanwhile, for one.
 */
export function hardenServers(
  server: grpc.Server,
  { mostConnections }: Pick<GrpcLimits, 'mostConnections'>,
  log: Pick<Logger, 'error'>,
): void {
  for (const each of serversUnder(server).keys()) {
    // Dropped, because one of several processes would hand the connection back, for ever when all are full.
    Object.assign(each, { maxConnections: mostConnections, dropMaxConnection: true });
    for (const event of ['stream', 'session'] as const) {
      const listeners = each.listeners(event) as ((...args: unknown[]) => unknown)[];
      each.removeAllListeners(event);
      for (const listener of listeners) each.on(event, guardedEvent(listener.bind(each), log));
    }
    keepSessions(each);
    each.prependListener('stream', (_stream, headers) => boundTimeouts(headers));
    // grpc-js listens for the first one alone.
    each.on('stream', (stream) => stream.on('error', () => undefined));
  }
}

/** Ends all that is left. Without channelz forceShutdown knows no sessions. */
export function cutSessions(server: grpc.Server): void {
  for (const { sessions } of serversUnder(server).values()) {
    for (const session of sessions) session.destroy();
  }
  server.forceShutdown();
}
