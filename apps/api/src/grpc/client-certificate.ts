import type { PeerCertificate } from 'node:tls';
import type * as grpc from '@grpc/grpc-js';

type Call = Pick<grpc.ServerInterceptingCallInterface, 'getAuthContext'>;

const bySession = new WeakMap<object, PeerCertificate>();

/**
 * The certificate of a call's connection, verified in its handshake; undefined without one. Node takes 90 us to
 * take it apart, as long as all else of a call, so it is kept with the connection. That lies in private fields of
 * grpc-js: where they are missing, each call pays.
 */
export function certificateOf(call: Call): PeerCertificate | undefined {
  const session = (call as { stream?: { session?: object } }).stream?.session;
  const known = session && bySession.get(session);
  if (known) return known;
  const certificate = call.getAuthContext()?.sslPeerCertificate;
  if (session && certificate) bySession.set(session, certificate);
  return certificate;
}
