import { MAX_BODY_BYTES } from '../request/byte-budget.ts';

/** Limits on a peer of the HTTP port before its request has arrived. */
export const HTTP_LIMITS = {
  /**
   * Our headers take 1 KiB; 16 KiB leave room for a large token and a proxy's own headers. More is answered
   * 431.
   */
  maxHeaderSize: 16 * 1024,
  /** A request's head is a packet or two: a slower client only holds a socket. Answered 408. */
  headersTimeout: 10_000,
  /**
   * Time for head and body. The largest rpc request takes 20 s at 20 KB/s, a poor mobile link. Exceeded: 408.
   */
  requestTimeout: 20_000,
  /** The interval at which the two timeouts above are checked; the default, 30 s, would triple them. */
  connectionsCheckingInterval: 1_000,
  /**
   * Longer than the 60 s of common load balancers, so that they close first and never send into a closed
   * connection.
   */
  keepAliveTimeout: 65_000,
  /**
   * Maximum connections of one process, including idle ones (about 20 KiB each); well below the process's
   * limit of open files. Beyond it a new connection displaces the oldest one without an admitted request. If
   * there is none, the new connection is closed at once.
   */
  maxConnections: 4_096,
};
export type HttpLimits = typeof HTTP_LIMITS;

/**
 * Maximum bytes of the target of a GET call; a longer one is answered 414 and must be sent by POST. Half of
 * the head remains for the headers. Proxies accept this length by default, too.
 */
export const LONGEST_TARGET = 8 * 1024;

/** More are answered 431; gRPC-Web with a full set of metadata sends some thirty. */
export const MAX_HEADERS = 100;

/**
 * Limits of Shopify's webhooks: any client may send one, and checking its signature requires the whole body.
 */
export const WEBHOOK_LIMITS = {
  /** A customer with all addresses has a few KiB. More is answered 413. */
  largestBody: 1024 * 1024,
  /**
   * Maximum bytes of webhook bodies that one process holds over all connections: 16 of the largest, thousands
   * of the usual. Beyond it webhooks are answered 503. Bytes count as they arrive: an announced length
   * reserves nothing. It is half of the budget of all bodies: unauthenticated webhooks must not displace the
   * calls of known callers.
   */
  maxBytes: MAX_BODY_BYTES / 2,
  /**
   * From the head of a request to the answer. Shopify expects it within one second and times out after five.
   */
  answerWithinMs: 900,
};
export type WebhookLimits = typeof WEBHOOK_LIMITS;
