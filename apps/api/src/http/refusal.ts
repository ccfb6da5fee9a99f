import { STATUS_CODES, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { sendResponse, LINGER_MS } from './send-response.ts';

/** Why a request is refused before it reaches its route; all fields except the status are sent as JSON. */
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

/** Without this header a cache may keep some replies, such as a 404: RFC 9111, 4.2.2. */
export const NO_STORE = { 'cache-control': 'no-store' };

/** @param headers additional headers that the status requires */
export function refuse(
  req: IncomingMessage,
  res: ServerResponse,
  { status, ...body }: Refusal,
  headers: OutgoingHttpHeaders = {},
): void {
  sendResponse(req, res, status, { ...TYPE, ...headers }, JSON.stringify(body));
}

/**
 * Refuses a connection that has no request to answer. The socket is closed after a delay, for the reason
 * given at sendResponse.
 */
export function refuseConnection(socket: Duplex, { status, ...body }: Refusal): void {
  const text = JSON.stringify(body);
  const headers = { connection: 'close', ...TYPE, ...NO_STORE, 'content-length': Buffer.byteLength(text) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${text}`);
  // The socket must be read to detect that the peer has ended its side.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
