import { createServer } from 'node:net';

/**
 * Claims a name among all processes of this machine's network, until it is given back or this process ends, however it
 * ends: a socket in the kernel's own name space, which files with pids would only imitate (they stay behind, and pids
 * come again). Elsewhere than on Linux there is no such name space, and everybody gets what he asks for.
 * @returns what gives it back; undefined when somebody has it
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
