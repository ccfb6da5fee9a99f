import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { resolve } from 'node:path';

/**
 * Claims a name among all processes of this machine's network, until it is released or this process ends for
 * any reason. It uses a socket in the kernel's abstract name space. Rejected: pid files, which stay behind,
 * and pids are reused. On systems other than Linux that name space does not exist, and every claim succeeds.
 * @returns the function that releases it; undefined when another process has the name
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

/** Claims a folder for one use of it, as claim does: a name in the kernel is short, and a path may be long. */
export const claimFolder = (use: string, dir: string): Promise<(() => void) | undefined> =>
  claim(`${use}-${createHash('sha256').update(resolve(dir)).digest('hex')}`);
