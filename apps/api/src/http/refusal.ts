import { STATUS_CODES, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { endAnswer, LINGER_MS } from './end-answer.ts';

/** Why a request is refused before it reaches its route; all but the status is told as JSON. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export const invalidRequest = (message: string): Refusal => ({
  status: 400,
  code: 'invalid_argument',
  message,
});

const TYPE = { 'content-type': 'application/json' };

/** A cache may otherwise keep replies that do not say so, such as a 404: RFC 9111, 4.2.2. */
export const NO_STORE = { 'cache-control': 'no-store' };

/** @param headers what the status requires besides */
export function refuse(
  req: IncomingMessage,
  res: ServerResponse,
  { status, ...body }: Refusal,
  headers: OutgoingHttpHeaders = {},
): void {
  endAnswer(req, res, status, { ...TYPE, ...headers }, JSON.stringify(body));
}

/** The same for a connection without a request to answer. It is closed after a delay, for the reason that endAnswer gives. */
export function refuseConnection(socket: Duplex, { status, ...body }: Refusal): void {
  const text = JSON.stringify(body);
  const headers = { connection: 'close', ...TYPE, ...NO_STORE, 'content-length': Buffer.byteLength(text) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`);
  // The peer's own end is noticed only while the socket is read.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
