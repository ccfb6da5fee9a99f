import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { testServices } from '@core/testing';

/** A connection path to PostgreSQL that a spec can cut. */
export interface CuttableProxy {
  port: number;
  cut(): void;
  restore(): void;
  close(): void;
}

export async function openCuttableProxy(): Promise<CuttableProxy> {
  const target = new URL(testServices().postgres.url);
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const upstream = connect(Number(target.port), target.hostname);
    const directions: [Socket, Socket][] = [
      [client, upstream],
      [upstream, client],
    ];
    for (const [from, to] of directions) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      from.pipe(to);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drop = () => sockets.forEach((socket) => socket.destroy());
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      drop();
    },
    restore: () => void (isCut = false),
    close() {
      drop();
      server.close();
    },
  };
}
