import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface FreezingProxy {
  port: number;
  /** Sets the target port of new connections. */
  to(port: number): void;
  /** The current target port; 0 before the first `to`. */
  target(): number;
  /** Stops forwarding on existing connections and keeps them open, as if the network had lost their state. */
  freeze(): void;
  thaw(): void;
  /** The number of connections so far. */
  connections(): number;
  close(): Promise<void>;
}

/**
 * Starts a TCP proxy on 127.0.0.1 whose connections can stop responding, as when a router has lost their
 * state.
 */
export async function startFreezingProxy(): Promise<FreezingProxy> {
  const sockets = new Set<Socket>();
  let target = 0;
  let made = 0;
  const server = createServer((client) => {
    made++;
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.end();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    to: (port) => void (target = port),
    target: () => target,
    freeze: () => sockets.forEach((socket) => socket.pause()),
    thaw: () => sockets.forEach((socket) => socket.resume()),
    connections: () => made,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
