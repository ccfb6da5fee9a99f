import { Socket } from 'node:net';
import type { ClientBase } from 'pg';
import type { Pool } from './pool.ts';

/**
 * A node was abandoned, or a connection to it was cut, while an answer was pending. Another connection, or
 * another node, may succeed.
 */
export class NodeLost extends Error {
  override name = 'NodeLost';
  readonly code = '08006';
}

/** Another server answers at the address of the node: a new connection leads to it. */
export class NodeReplaced extends NodeLost {
  override name = 'NodeReplaced';
}

/** The number of bytes that each open socket has received. */
export type ReceivedBytes = ReadonlyMap<Socket, number>;

/**
 * Tracks every open socket to one node: those of a pool, of the pools created beside it, and of clients that
 * LISTEN. The pg client cannot end a connection whose server is unresponsive: `end()` waits for pending
 * answers, and in pipeline mode it waits for ever. Destroying the socket fails the pending queries at once.
 */
export interface NodeSockets {
  /** The `stream` option of pg. */
  open(): Socket;
  receivedBytes(): ReceivedBytes;
  /**
   * Destroys the sockets; with `since`, only those that have received nothing since then.
   * @returns their number
   */
  cut(reason: NodeLost, since?: ReceivedBytes): number;
  /** Registers a client, so that its backend pid is known when its socket is cut. */
  follow(client: ClientBase): void;
  /**
   * Returns the pids of sessions whose sockets were cut since the last call: the server may not notice the
   * cut, and keep their locks.
   */
  takeOrphans(): number[];
}

const known = new WeakMap<object, NodeSockets>();

export function trackSockets(): NodeSockets {
  const sockets = new Set<Socket>();
  let orphans: number[] = [];
  const tracked: NodeSockets = {
    open() {
      const socket = new Socket();
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      return socket;
    },
    receivedBytes: () => new Map([...sockets].map((socket) => [socket, socket.bytesRead])),
    cut(reason, since) {
      const silent = [...sockets].filter((socket) => !since || socket.bytesRead === since.get(socket));
      for (const socket of silent) socket.destroy(reason);
      return silent.length;
    },
    follow(client) {
      client.on('error', (error: unknown) => {
        const { processID } = client as { processID?: number | null };
        if (error instanceof NodeLost && processID) orphans.push(processID);
      });
    },
    takeOrphans() {
      const taken = orphans;
      orphans = [];
      return taken;
    },
  };
  known.set(tracked.open, tracked);
  return tracked;
}

/**
 * Returns the sockets of the node that a pool connects to; undefined for a pool that createPool did not
 * create.
 */
export const socketsOf = (pool: Pool): NodeSockets | undefined =>
  pool.options.stream && known.get(pool.options.stream);
