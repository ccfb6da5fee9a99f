import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * Looks at what a client sends, connection by connection.
 * @returns whether these bytes are what the trap waits for
 */
export type Trap = (bytes: Buffer) => boolean;

export interface TrapProxy {
  port: number;
  /**
   * Waits for bytes that the trap knows, on any connection; `spring` runs before they are passed on, or, with
   * `after`, once they have been. What comes behind them on that connection is not passed on.
   */
  arm(makeTrap: () => Trap, spring: () => void, when?: 'before' | 'after'): void;
  disarm(): void;
  close(): Promise<void>;
}

/** Stands between a process and a server, passes everything on, and springs a trap where a fault is to happen. */
export async function startTrapProxy(target: () => number, preferred = 0): Promise<TrapProxy> {
  let armed: { makeTrap: () => Trap; spring: () => void; when: 'before' | 'after' } | undefined;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target(), '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    let trap: Trap | undefined;
    let of: typeof armed;
    client.on('data', (bytes: Buffer) => {
      if (of !== armed) {
        of = armed;
        trap = armed?.makeTrap();
      }
      if (!armed || !trap?.(bytes)) return void upstream.write(bytes);
      const { spring, when } = armed;
      armed = undefined;
      if (when === 'before') return spring();
      upstream.write(bytes, spring);
    });
    upstream.on('data', (bytes: Buffer) => void client.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(preferred, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    arm: (makeTrap, spring, when = 'before') => void (armed = { makeTrap, spring, when }),
    disarm: () => void (armed = undefined),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
