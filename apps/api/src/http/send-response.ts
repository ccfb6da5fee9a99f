import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { endConnectionWith } from './pending-replies.ts';

/** Time for a distant peer to read the answer and stop sending. */
export const LINGER_MS = 500;
/** Maximum bytes of the request that are discarded in that time. */
const LINGER_BYTES = 1024 * 1024;
const PART_BYTES = 512;

/**
 * Writes a whole answer. If the request has not arrived in full, its remainder would be parsed as the next
 * request: the connection is then closed, after a short delay. The kernel resets a socket that is closed with
 * unread bytes. A peer that is still sending would see the reset instead of the answer.
 */
export function sendResponse(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders = {},
  body: string | Uint8Array = '',
): void {
  if (req.complete) return void res.writeHead(status, headers).end(body);
  // A 204 has no body and no Content-Length.
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) };
  endConnectionWith(res);
  res.writeHead(status, { ...headers, ...length });
  // The answer is complete for a client that counts bytes; res.end() then makes node:http close the
  // connection.
  if (body.length > 0) res.write(body);
  else res.flushHeaders();
  let left = LINGER_BYTES;
  const end = () => {
    clearTimeout(timer);
    req.off('data', discard);
    if (!res.writableEnded) res.end();
  };
  const discard = (part: Buffer) => {
    // Small parts cost CPU too. An orderly end would still read further parts, so the socket is destroyed.
    left -= part.length + PART_BYTES;
    if (left < 0) req.socket.destroy();
  };
  const timer = setTimeout(end, LINGER_MS);
  req.on('data', discard).once('end', end).once('close', end);
}
