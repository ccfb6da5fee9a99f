import type { PeerCertificate } from 'node:tls';
import type * as grpc from '@grpc/grpc-js';

type Call = Pick<grpc.ServerInterceptingCallInterface, 'getAuthContext'>;

const bySession = new WeakMap<object, PeerCertificate>();

/**
 * Returns the certificate of a call's connection, verified in the handshake; undefined without one. Node
 * takes 90 us to parse it, as long as everything else in a call, so the result is cached per connection. The
 * connection is in private fields of grpc-js: where they are missing, each call parses it.
 */
export function certificateOf(call: Call): PeerCertificate | undefined {
  const session = (call as { stream?: { session?: object } }).stream?.session;
  const known = session && bySession.get(session);
  if (known) return known;
  const certificate = call.getAuthContext()?.sslPeerCertificate;
  if (session && certificate) bySession.set(session, certificate);
  return certificate;
}
