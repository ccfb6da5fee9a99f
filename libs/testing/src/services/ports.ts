import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the range that systems hand out for outgoing connections and port 0 (Linux: 32768 and up), so that
// the port of a service that is down for a moment is not taken by a passing client.
const LOWEST = 15_000;
const HIGHEST = 32_000;

/** Whether 127.0.0.1:port can be listened on now. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** `preferred` if it is free, else the next free one above it; without it some free port. */
export async function freePort(preferred?: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = preferred === undefined ? randomInt(LOWEST, HIGHEST) : preferred + attempt;
    if (port > 65_535) break;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port on 127.0.0.1${preferred === undefined ? '' : ` from ${preferred} up`}`);
}
