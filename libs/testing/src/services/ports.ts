import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { claim } from './claim.ts';

// Below the ephemeral range, from which systems assign ports to outgoing connections and to port 0 (Linux:
// 32768 and up). Otherwise a client could occupy the port of a service that is down for a moment.
const LOWEST = 15_000;
const HIGHEST = 32_000;

/**
 * Ports that this process has reserved and not released. A port stays free until its service listens, which
 * may be a minute later. Without the reservation, two callers that check in that minute would both use it.
 */
const given = new Map<number, () => void>();

/** Whether 127.0.0.1:port is free to listen on now. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/**
 * Returns `preferred` if it is free, else the next free port above it; without `preferred`, any free port. No
 * other process of this project gets that port before this process ends. This process gets it again when it
 * passes the port as `preferred`, to restart a service.
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && given.has(preferred) && (await isFree(preferred))) return preferred;
  return take(preferred);
}

export interface ReservedPorts<K extends string> {
  ports: Readonly<Record<K, number>>;
  /** Releases the ports. */
  release(): void;
}

/** Reserves a distinct port for each name, the preferred one where possible. */
export async function reservePorts<K extends string>(
  preferred: Readonly<Record<K, number | undefined>>,
): Promise<ReservedPorts<K>> {
  const ports = {} as Record<K, number>;
  const release = () => {
    for (const port of Object.values<number>(ports)) {
      given.get(port)?.();
      given.delete(port);
    }
  };
  try {
    for (const name of Object.keys(preferred) as K[]) ports[name] = await take(preferred[name]);
  } catch (error) {
    release();
    throw error;
  }
  return { ports, release };
}

async function take(preferred: number | undefined): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = preferred === undefined ? randomInt(LOWEST, HIGHEST) : preferred + attempt;
    if (port > 65_535) break;
    if (await isGiven(port)) return port;
  }
  throw new Error(`no free port on 127.0.0.1${preferred === undefined ? '' : ` from ${preferred} up`}`);
}

async function isGiven(port: number): Promise<boolean> {
  if (given.has(port)) return false;
  given.set(port, () => undefined); // before the first await: a concurrent caller must not reserve it
  const giveBack = await claim(`port-${port}`);
  if (giveBack && (await isFree(port))) {
    given.set(port, giveBack);
    return true;
  }
  giveBack?.();
  given.delete(port);
  return false;
}
