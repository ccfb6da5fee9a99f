import { connect } from 'node:net';

/** A peer that is not answered and not closed either is given up then. */
const LIMIT_MS = 20_000;

/**
 * Says it all at once on a connection of its own.
 * @param until says of what was heard whether all has been answered; without it, we end our side, and the server its own
 * @returns late when neither came
 */
export function converse(
  port: number,
  bytes: Buffer,
  until?: (heard: Buffer) => boolean,
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
