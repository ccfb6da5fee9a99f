import type * as grpc from '@grpc/grpc-js';
import { LARGEST_REPLY } from '../call/message-size.ts';
import { SMALL_REQUEST } from '../method.ts';

export const GRPC_LIMITS = {
  /**
   * Calls at once on one connection; the client queues what is more. One statement reads 256 scores, so more
   * would not be answered sooner, and 16 such connections fill a process.
   */
  mostStreams: 256,

  /** gRPC's usual 8 KiB twice over; Node's own limit is 64 KiB. The stream is reset, ENHANCE_YOUR_CALM. */
  largestMetadata: 16 * 1024,

  /** Headers of one call, with HTTP/2's own; ours are a dozen. Beyond: as above. */
  mostHeaders: 64,

  /**
   * Maximum connections of one process, idle ones included (about 30 KiB each). A client holds one connection
   * for each process. Beyond it a new connection displaces the oldest one without an admitted call; without
   * such a one it is closed at once.
   */
  mostConnections: 2_048,

  /**
   * Time from a connection to its first call; exceeded: GOAWAY. A client that connects early comes again with
   * its first call, within milliseconds. A call that the gate admits proves the connection. A health check or
   * reflection, which need no token, only let it stay until it is idle or its place is needed: a balancer asks
   * for nothing else.
   */
  firstCallWithinMs: 10_000,

  /**
   * Maximum MB of headers, streams and unread replies that one connection may hold: 256 batches of scores
   * need 30. Beyond it new streams are refused with ENHANCE_YOUR_CALM. grpc-js disables this limit.
   */
  sessionMemory: 128,

  /** Time from a call's headers to the end of its request: a packet or two. Exceeded: DEADLINE_EXCEEDED. */
  requestWithinMs: 10_000,

  /** Time to wait for the request of a refused known caller; then its stream is answered and reset. */
  lingerMs: 1_000,

  /** Maximum concurrent streams of the health service: one for each balancer and client that watches it. */
  mostHealthWatches: 1_000,

  /** A dead peer says nothing: asked every minute, it is found out within 80 s, and its watches given up. */
  keepaliveMs: 60_000,
  keepaliveAnswerMs: 20_000,

  /** A session without a call gives its memory back; the next call opens another within milliseconds. */
  idleMs: 120_000,

  /**
   * A client leaves after that, give or take the tenth that grpc-js draws for each, so that it finds processes
   * which came later and never keeps one to itself. Reconnecting costs a millisecond or two.
   */
  connectionAgeMs: 300_000,

  /**
   * After the GOAWAY for its age a connection takes no new calls. The longest to wait for is the watch of an
   * import, which may last an hour; a client that watches longer opens it again.
   */
  ageGraceMs: 3_600_000,
};
export type GrpcLimits = typeof GRPC_LIMITS;

/** Limits for which grpc-js has options. */
export const grpcOptions = (limits: GrpcLimits): grpc.ServerOptions => ({
  // Limits for health and reflection; methods have limits of their own.
  'grpc.max_receive_message_length': SMALL_REQUEST,
  'grpc.max_send_message_length': LARGEST_REPLY,
  'grpc-node.max_session_memory': limits.sessionMemory,
  // Measured for a service that does not exist, at 2 us a call.
  'grpc.enable_channelz': 0,
  'grpc.max_concurrent_streams': limits.mostStreams,
  'grpc.keepalive_time_ms': limits.keepaliveMs,
  'grpc.keepalive_timeout_ms': limits.keepaliveAnswerMs,
  'grpc.max_connection_idle_ms': limits.idleMs,
  'grpc.max_connection_age_ms': limits.connectionAgeMs,
  'grpc.max_connection_age_grace_ms': limits.ageGraceMs,
});

/**
 * Limits for which grpc-js has no option: `grpc.max_metadata_size` exists only in other languages. Its
 * options for node:http2 are in a private field, read when a port is bound; a spec checks that the limit
 * holds.
 */
export function limitMetadata(server: grpc.Server, limits: GrpcLimits): void {
  const options = server['commonServerOptions'] as { settings: object; maxHeaderListPairs?: number };
  options.settings = { ...options.settings, maxHeaderListSize: limits.largestMetadata };
  options.maxHeaderListPairs = limits.mostHeaders;
}
