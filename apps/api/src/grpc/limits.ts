import type * as grpc from '@grpc/grpc-js';
import { LARGEST_REPLY } from '../rpc-context/message-size.ts';
import { SMALL_REQUEST } from '../method.ts';

export const GRPC_LIMITS = {
  /**
   * Concurrent calls on one connection; the client queues the rest. One statement reads 256 scores, so more
   * calls would not be answered sooner, and 16 such connections fill a process.
   */
  maxStreams: 256,

  /**
   * Twice gRPC's usual 8 KiB; Node's own limit is 64 KiB. Exceeded: the stream is reset with
   * ENHANCE_YOUR_CALM.
   */
  largestMetadata: 16 * 1024,

  /** Headers of one call, including HTTP/2's own; ours are a dozen. Exceeded: as above. */
  maxHeaders: 64,

  /**
   * Maximum connections of one process, including idle ones (about 30 KiB each). A client holds one
   * connection for each process. Beyond the limit a new connection displaces the oldest one without an
   * admitted call. If there is none, the new connection is closed at once.
   */
  maxConnections: 2_048,

  /**
   * Time from a connection to its first call. Exceeded: GOAWAY. A client that connects early reconnects with
   * its first call, within milliseconds. A connection with an admitted call keeps its place. Health checks
   * and reflection need no token: they only let the connection stay until it is idle or its place is needed.
   * A load balancer sends nothing else.
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
  maxHealthWatches: 1_000,

  /** A dead peer sends nothing. One ping a minute detects it within 80 s, and its watches end. */
  keepaliveMs: 60_000,
  keepaliveAnswerMs: 20_000,

  /**
   * A session without a call is closed to free its memory; the next call opens another within milliseconds.
   */
  idleMs: 120_000,

  /**
   * Maximum age of a connection, plus or minus the tenth that grpc-js draws for each. A client that
   * reconnects also finds processes that started later, and never keeps one to itself. Reconnecting costs one
   * or two milliseconds.
   */
  connectionAgeMs: 300_000,

  /**
   * After the GOAWAY for its age a connection accepts no new calls. The longest call is the watch of an
   * import, which may last an hour; a client that watches longer opens it again.
   */
  ageGraceMs: 3_600_000,
};
export type GrpcLimits = typeof GRPC_LIMITS;

/** Returns the limits for which grpc-js has options. */
export const grpcOptions = (limits: GrpcLimits): grpc.ServerOptions => ({
  // Limits for health and reflection; each method has its own limits.
  'grpc.max_receive_message_length': SMALL_REQUEST,
  'grpc.max_send_message_length': LARGEST_REPLY,
  'grpc-node.max_session_memory': limits.sessionMemory,
  // channelz would collect counters for a service that is not served, at 2 us a call.
  'grpc.enable_channelz': 0,
  'grpc.max_concurrent_streams': limits.maxStreams,
  'grpc.keepalive_time_ms': limits.keepaliveMs,
  'grpc.keepalive_timeout_ms': limits.keepaliveAnswerMs,
  'grpc.max_connection_idle_ms': limits.idleMs,
  'grpc.max_connection_age_ms': limits.connectionAgeMs,
  'grpc.max_connection_age_grace_ms': limits.ageGraceMs,
});

/**
 * Sets the limits for which grpc-js has no option: `grpc.max_metadata_size` exists only in other languages.
 * The options of grpc-js for node:http2 are in a private field that is read when a port is bound; a spec
 * checks that the limit holds.
 */
export function limitMetadata(server: grpc.Server, limits: GrpcLimits): void {
  const options = server['commonServerOptions'] as { settings: object; maxHeaderListPairs?: number };
  options.settings = { ...options.settings, maxHeaderListSize: limits.largestMetadata };
  options.maxHeaderListPairs = limits.maxHeaders;
}
