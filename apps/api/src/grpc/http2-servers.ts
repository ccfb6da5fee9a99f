import type { Http2Server, ServerHttp2Session } from 'node:http2';
import { guardedEvent, type Logger } from '@core/runtime';
import type * as grpc from '@grpc/grpc-js';
import type { Connections } from '../request/limit-connections.ts';
import { closeGracefully } from './close-gracefully.ts';
import { checkHead, type StreamListener } from './head.ts';
import { keepSessions } from './keep-sessions.ts';

/** Returns the HTTP/2 servers from a private field of grpc-js; specs check that the field still exists. */
const http2ServersOf = (server: grpc.Server) =>
  server['http2Servers'] as Map<Http2Server, { sessions: Set<ServerHttp2Session> }>;

type Listener = (...args: unknown[]) => unknown;

/**
 * Wraps the listeners of grpc-js; called once the servers listen. Those listeners let exceptions escape, for
 * example for a stream whose session has since ended. They also accept calls that gRPC does not allow.
 */
export function hardenServers(
  server: grpc.Server,
  connections: Connections,
  log: Pick<Logger, 'error'>,
): void {
  for (const each of http2ServersOf(server).keys()) {
    const replace = (event: 'stream' | 'session', by: (listener: Listener) => Listener) => {
      const listeners = each.listeners(event) as Listener[];
      each.removeAllListeners(event);
      for (const listener of listeners) each.on(event, guardedEvent(by(listener.bind(each)), log));
    };
    replace('session', (listener) => listener);
    replace('stream', (listener) => checkHead(listener as StreamListener) as Listener);
    connections.watch(each);
    keepSessions(each);
    closeGracefully(each);
    // grpc-js listens for the first error only.
    each.on('stream', (stream) => stream.on('error', () => undefined));
  }
}

/** Closes all remaining sessions. Without channelz, forceShutdown has no list of sessions. */
export function destroySessions(server: grpc.Server): void {
  for (const { sessions } of http2ServersOf(server).values()) {
    for (const session of sessions) session.destroy();
  }
  server.forceShutdown();
}
