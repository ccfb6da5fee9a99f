import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * Inspects the bytes of a client; each connection has its own trap.
 * @returns whether the trap waits for these bytes
 */
export type Trap = (bytes: Buffer) => boolean;

export type TrapTiming = 'before' | 'after' | 'held';

export interface TrapProxy {
  port: number;
  /**
   * Waits on any connection for bytes that match the trap. With `before`, `action` runs and the bytes are
   * never forwarded; with `after`, it runs once they are forwarded; with `held`, they are forwarded once it
   * has finished.
   * @returns resolves when `action` has finished and, with `held`, the server has answered
   */
  arm(makeTrap: () => Trap, action: () => Promise<void>, timing: TrapTiming): Promise<void>;
  disarm(): void;
  close(): Promise<void>;
}

/**
 * Starts a proxy between a process and a server that forwards everything, and triggers a trap to inject a
 * fault.
 */
export async function startTrapProxy(target: () => number, preferred = 0): Promise<TrapProxy> {
  let armed: { makeTrap: () => Trap; trigger: (upstream: Socket, bytes: Buffer) => void } | undefined;
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
    let trapOwner: typeof armed;
    client.on('data', (bytes: Buffer) => {
      if (trapOwner !== armed) {
        trapOwner = armed;
        trap = armed?.makeTrap();
      }
      if (!armed || !trap?.(bytes)) return void upstream.write(bytes);
      const { trigger } = armed;
      armed = undefined;
      trigger(upstream, bytes);
    });
    upstream.on('data', (bytes: Buffer) => void client.write(bytes));
  });
  await new Promise<void>((resolve) => server.listen(preferred, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    arm: (makeTrap, action, timing) =>
      new Promise((resolve, reject) => {
        const trigger = (upstream: Socket, bytes: Buffer) =>
          void actions[timing](upstream, bytes, action).then(resolve, reject);
        armed = { makeTrap, trigger };
      }),
    disarm: () => void (armed = undefined),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const actions: Record<
  TrapTiming,
  (upstream: Socket, bytes: Buffer, action: () => Promise<void>) => Promise<void>
> = {
  before: (_upstream, _bytes, action) => action(),
  after: async (upstream, bytes, action) => {
    await new Promise((written) => upstream.write(bytes, written));
    await action();
  },
  held: async (upstream, bytes, action) => {
    await action();
    const answered = once(upstream, 'data');
    upstream.write(bytes);
    await answered;
  },
};
