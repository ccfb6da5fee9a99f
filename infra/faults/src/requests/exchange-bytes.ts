import { connect } from 'node:net';

/** The time after which a peer without an answer or a closed connection gives up waiting. */
const LIMIT_MS = 20_000;

/**
 * Sends all bytes at once on a new connection.
 * @param until returns whether the received bytes contain every answer; without it each side closes its half
 * @returns late if neither happened in time
 */
export function exchangeBytes(
  port: number,
  bytes: Buffer,
  until?: (received: Buffer) => boolean,
): Promise<'done' | 'late'> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let tail: Buffer = Buffer.alloc(0);
    const end = (how: 'done' | 'late') => {
      clearTimeout(timer);
      socket.destroy();
      resolve(how);
    };
    const timer = setTimeout(end, LIMIT_MS, 'late');
    socket.on('error', () => undefined).on('close', () => end('done'));
    socket.on('data', (part: Buffer) => {
      if (!until) return;
      tail = Buffer.concat([tail, part]).subarray(-256);
      if (until(part) || until(tail)) end('done');
    });
    if (until) socket.write(bytes);
    else socket.end(bytes);
  });
}
