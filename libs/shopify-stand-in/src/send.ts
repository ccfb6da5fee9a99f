import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { isStream } from './reply.ts';
import type { Reply } from './reply.ts';

/** Writes a reply. A truncated one ends in the middle of its body, contrary to its content-length. */
export async function send(
  response: ServerResponse,
  { status, body, headers, truncated }: Reply,
): Promise<void> {
  const type = { 'content-type': 'application/json; charset=utf-8' };
  if (isStream(body)) {
    response.writeHead(status, { ...type, ...headers });
    if (!truncated) return pipeline(body, response);
    for await (const chunk of body) {
      const bytes = chunk as Buffer;
      await cutOff(response, bytes.subarray(0, Math.floor(bytes.length / 2)));
      break;
    }
    return;
  }
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  response.writeHead(status, { ...type, 'content-length': bytes.length, ...headers });
  if (truncated) return cutOff(response, bytes.subarray(0, Math.floor(bytes.length / 2)));
  response.end(bytes);
}

async function cutOff(response: ServerResponse, part: Buffer): Promise<void> {
  if (!response.write(part)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
  // Ended rather than reset, so that the client receives the part before the end of the connection.
  response.socket?.end();
}
