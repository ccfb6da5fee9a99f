import type { Http2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { createTimeLimit, type Waiting } from './time-limit.ts';

/** Time for the calls of a connection that is told to go: none of them has been admitted. */
const LEAVES_WITHIN_MS = 1_000;

export interface Connections {
  /** Called before the server accepts calls; the servers share the limits. */
  watch(server: Server): void;
  /** A call of this session or socket was admitted: it is never dropped in favour of another one. */
  prove(peer: object | undefined): void;
  /** It made a call that anyone may make: it may stay, but is still dropped when its place is needed. */
  hear(peer: object | undefined): void;
  close(): void;
}

export interface ConnectionLimits {
  most: number;
  /** The time from a connection to its first call; without it the server has limits of its own. */
  firstCallWithinMs?: number;
}

interface Connection {
  readonly socket: Socket;
  readonly name: string;
  session?: Http2Session;
  waiting?: Waiting | undefined;
}

/**
 * Bounds the connections of a process so that connections without a token close the port to no one. The last
 * place is kept free: whoever takes it displaces the oldest connection without an admitted call. Only when all
 * others have one is a new connection refused.
 *
 * Rejected: a limit for each address, because all callers behind one balancer have the same address. Rejected
 * too: health checks as a proof, because they need no token.
 */
export function keepProven({ most, firstCallWithinMs }: ConnectionLimits): Connections {
  const open = new Set<Connection>();
  /** Oldest first. */
  const unproven = new Set<Connection>();
  const byPeer = new WeakMap<object, Connection>();
  /** A session does not lead to the socket that was accepted; under TLS it has another one. */
  const byName = new Map<string, Connection>();
  const limit = firstCallWithinMs === undefined ? undefined : createTimeLimit(firstCallWithinMs);

  const stopWaiting = (connection: Connection) => {
    if (connection.waiting) limit?.remove(connection.waiting);
    connection.waiting = undefined;
  };
  const forget = (connection: Connection) => {
    stopWaiting(connection);
    open.delete(connection);
    unproven.delete(connection);
    if (byName.get(connection.name) === connection) byName.delete(connection.name);
  };
  const drop = (connection: Connection) => {
    forget(connection);
    connection.session?.destroy();
    // At once, also when its peer does not read: the place is counted as free from here on.
    connection.socket.destroy();
  };
  /** A client that connected early and sends its first call just now sends it again, because of the GOAWAY. */
  const tellToGo = (connection: Connection) => {
    if (!connection.session) return drop(connection);
    connection.session.close();
    setTimeout(() => drop(connection), LEAVES_WITHIN_MS).unref();
  };
  const accept = (socket: Socket) => {
    const connection: Connection = { socket, name: nameOf(socket) };
    connection.waiting = limit?.add(() => tellToGo(connection));
    open.add(connection);
    unproven.add(connection);
    byPeer.set(socket, connection);
    byName.set(connection.name, connection);
    socket.once('close', () => forget(connection));
    if (open.size < most) return;
    const [oldest] = unproven;
    if (oldest && oldest !== connection) drop(oldest);
  };
  const begin = (session: Http2Session) => {
    const connection = session.socket && byName.get(nameOf(session.socket));
    if (!connection) return;
    connection.session = session;
    byPeer.set(session, connection);
  };
  const take = (peer: object | undefined): Connection | undefined => {
    const connection = peer && byPeer.get(peer);
    if (!connection || !unproven.delete(connection)) return undefined;
    stopWaiting(connection);
    return connection;
  };
  return {
    watch(server) {
      // Dropped, because the cluster module would pass a refused one on for ever when all are full.
      Object.assign(server, { maxConnections: most, dropMaxConnection: true });
      server.prependListener('connection', accept);
      server.prependListener('session', begin);
    },
    prove: (peer) => void take(peer),
    hear(peer) {
      const connection = take(peer);
      if (connection) unproven.add(connection);
    },
    close: () => limit?.close(),
  };
}

const nameOf = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string =>
  `${remoteAddress} ${remotePort}`;
