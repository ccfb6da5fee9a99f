import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * Inspects the bytes of a client; each connection has its own trap.
 * @returns whether the trap waits for these bytes
 */
export type Trap = (bytes: Buffer) => boolean;

export type When = 'before' | 'after' | 'held';

export interface TrapProxy {
  port: number;
  /**
   * Waits on any connection for bytes that match the trap. With `before`, `spring` runs and the bytes are
   * never forwarded; with `after`, it runs once they are forwarded; with `held`, they are forwarded once it
   * has finished.
   * @returns resolves when `spring` has finished and, with `held`, the server has answered
   */
  arm(makeTrap: () => Trap, spring: () => Promise<void>, when: When): Promise<void>;
  disarm(): void;
  close(): Promise<void>;
}

/**
 * Starts a proxy between a process and a server that forwards everything, and springs a trap to inject a
 * fault.
 */
export async function startTrapProxy(target: () => number, preferred = 0): Promise<TrapProxy> {
  let armed: { makeTrap: () => Trap; walkInto: (upstream: Socket, bytes: Buffer) => void } | undefined;
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
      const { walkInto } = armed;
      armed = undefined;
      walkInto(upstream, bytes);
    });
    upstream.on('data', (bytes: Buffer) => void client.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(preferred, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    arm: (makeTrap, spring, when) =>
      new Promise((resolve, reject) => {
        const walkInto = (upstream: Socket, bytes: Buffer) =>
          void actions[when](upstream, bytes, spring).then(resolve, reject);
        armed = { makeTrap, walkInto };
      }),
    disarm: () => void (armed = undefined),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const actions: Record<When, (upstream: Socket, bytes: Buffer, spring: () => Promise<void>) => Promise<void>> =
  {
    before: (_upstream, _bytes, spring) => spring(),
    after: async (upstream, bytes, spring) => {
      await new Promise((written) => upstream.write(bytes, written));
      await spring();
    },
    held: async (upstream, bytes, spring) => {
      await spring();
      const answered = once(upstream, 'data');
      upstream.write(bytes);
      await answered;
    },
  };
