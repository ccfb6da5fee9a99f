import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { endConnectionWith, type PendingReplies } from './pending-replies.ts';
import { HTTP_LIMITS, MAX_HEADERS } from './limits.ts';
import { invalidRequest, refuse, refuseConnection, type Refusal } from './refusal.ts';

/** An error of node:http's parser; `reason` is a constant text and quotes nothing from the request. */
type ParseError = Error & { code?: string; reason?: string };

const NO_TUNNEL: Refusal = {
  status: 501,
  code: 'unimplemented',
  message: 'CONNECT is not supported: this server is not a proxy',
};

const tooLarge = (status: number, message: string): Refusal => ({
  status,
  code: 'resource_exhausted',
  message,
});

const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: tooLarge(
    431,
    `the head of the request has more than ${HTTP_LIMITS.maxHeaderSize} bytes or ${MAX_HEADERS} headers`,
  ),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: tooLarge(413, 'the chunk extensions of the request are too long'),
  HPE_INVALID_METHOD: invalidRequest('the request does not start with a known method'),
  HPE_PAUSED_H2_UPGRADE: invalidRequest('this port accepts HTTP/1.1; gRPC has a separate port'),
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'deadline_exceeded',
    message: 'the request did not arrive in full in time',
  },
};

const refusalOf = ({ code = '', reason = '' }: ParseError): Refusal | undefined =>
  REFUSALS[code] ??
  (code.startsWith('HPE_') ? invalidRequest(`the request is malformed: ${reason}`) : undefined);

/**
 * Answers malformed and late requests, and CONNECT. For these node:http calls no request listener: it writes
 * a bare status line or closes the connection. Answers to earlier requests are finished first. A client would
 * take a refusal that arrives before them for one of those answers.
 */
export function refuseUnserved(server: Server, pendingReplies: PendingReplies): void {
  const ending = new WeakSet<Duplex>();

  server.on('clientError', (error, socket) => {
    const refusal = refusalOf(error);
    // Any other error comes from the socket: the peer has disconnected.
    if (!refusal) return void socket.destroy();
    // The parser refuses all bytes after a malformed request, too. Also, an answer may still be on its way to
    // a peer whose connection is ending.
    if (ending.has(socket) || !socket.writable) return;
    ending.add(socket);
    const res = pendingReplies.pendingOn(socket);
    if (!res) return refuseConnection(socket, refusal);
    // The error is in the rest of this request's own body.
    if (!res.req.complete && !res.headersSent) return refuse(res.req, res, refusal);
    endConnectionWith(res);
    res.once('close', () => socket.destroy());
  });

  server.on('connect', ({ socket }, stream) => {
    // node:http has removed its own listener.
    socket.on('error', () => undefined);
    const end = () => refuseConnection(stream, NO_TUNNEL);
    const res = pendingReplies.pendingOn(socket);
    if (res) res.once('close', end);
    else end();
  });
}
