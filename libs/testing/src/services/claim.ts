import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

/**
 * Claims a name among all processes in this machine's network namespace, until it is released or this process
 * ends for any reason. The claim is a socket in the kernel's abstract namespace. Rejected: pid files, because
 * they stay after a crash and pids are reused. Other systems than Linux have no such namespace; there every
 * claim succeeds.
 * @returns the function that releases the name; undefined when another process holds it
 */
export async function claim(name: string): Promise<(() => void) | undefined> {
  if (process.platform !== 'linux') return () => undefined;
  const server = createServer((socket) => socket.destroy());
  const isOurs = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(`\0core-${name}`, () => resolve(true));
  });
  server.unref();
  return isOurs ? () => void server.close() : undefined;
}

/**
 * Claims a folder for one use, see claim. The name is a hash, because a socket name is short and paths are
 * long.
 */
export const claimFolder = (use: string, dir: string): Promise<(() => void) | undefined> =>
  claim(`${use}-${createHash('sha256').update(resolve(dir)).digest('hex')}`);
