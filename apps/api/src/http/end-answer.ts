import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** For a peer far away to read the answer, and to stop. */
const LINGER_MS = 500;
/** Of its request that are thrown away meanwhile. */
const LINGER_BYTES = 1024 * 1024;
const PART_BYTES = 512;

/**
 * Writes a whole answer. When its request has not come in full, what is left of it would be taken for the next one:
 * the connection is closed then, but a moment later. A socket that is closed with unread bytes in it tells the peer
 * "reset", and a peer that is still sending sees that instead of the answer.
 */
export function endAnswer(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  headers: OutgoingHttpHeaders = {},
  body: string | Uint8Array = '',
): void {
  if (req.complete) return void res.writeHead(status, headers).end(body);
  // 204 has no body, and no length of one.
  const length = status === 204 ? {} : { 'content-length': Buffer.byteLength(body) };
  res.writeHead(status, { ...headers, ...length, connection: 'close' });
  // The answer is whole for whom counts its bytes; with its end node:http closes the connection.
  if (body.length > 0) res.write(body);
  else res.flushHeaders();
  let left = LINGER_BYTES;
  const end = () => {
    clearTimeout(timer);
    req.off('data', discard);
    if (!res.writableEnded) res.end();
  };
  const discard = (part: Buffer) => {
    // Each part costs as well, however small. More of them come before the end would be heeded.
    left -= part.length + PART_BYTES;
    if (left < 0) req.socket.destroy();
  };
  const timer = setTimeout(end, LINGER_MS);
  req.on('data', discard).once('end', end).once('close', end);
}
