import type { Http2Session } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { createTimeLimit, type TimeLimitEntry } from './time-limit.ts';

/** Time for calls that cross the GOAWAY of a connection; none of its calls has been admitted yet. */
const CLOSE_WITHIN_MS = 1_000;

export interface Connections {
  /** Called before the server accepts calls; the servers share the limits. */
  watch(server: Server): void;
  /**
   * Called when a call of this session or socket was admitted: the connection is never dropped in favor of
   * another one.
   */
  markAdmitted(peer: object | undefined): void;
  /**
   * Called for a call that needs no token: the connection may stay, but is still dropped when its place is
   * needed.
   */
  markActive(peer: object | undefined): void;
  close(): void;
}

export interface ConnectionLimits {
  most: number;
  /** The time from a connection to its first call; without it the server has its own limits. */
  firstCallWithinMs?: number;
}

interface Connection {
  readonly socket: Socket;
  readonly name: string;
  session?: Http2Session;
  timeLimitEntry?: TimeLimitEntry | undefined;
}

/**
 * Bounds the connections of a process so that connections without a token cannot block the port for others.
 * The last place is kept free: a connection that gets it displaces the oldest connection without an admitted
 * call. A new connection is refused only when all others have an admitted call.
 *
 * Rejected: a limit for each address, because all callers behind one load balancer have the same address.
 * Also rejected: health checks as admitted calls, because they need no token.
 */
export function limitConnections({ most, firstCallWithinMs }: ConnectionLimits): Connections {
  const open = new Set<Connection>();
  /** Oldest first. */
  const newcomers = new Set<Connection>();
  const byPeer = new WeakMap<object, Connection>();
  /** A session does not lead to the accepted socket; under TLS it has another one. */
  const byName = new Map<string, Connection>();
  const limit = firstCallWithinMs === undefined ? undefined : createTimeLimit(firstCallWithinMs);

  const stopTimeLimit = (connection: Connection) => {
    if (connection.timeLimitEntry) limit?.remove(connection.timeLimitEntry);
    connection.timeLimitEntry = undefined;
  };
  const forget = (connection: Connection) => {
    stopTimeLimit(connection);
    open.delete(connection);
    newcomers.delete(connection);
    if (byName.get(connection.name) === connection) byName.delete(connection.name);
  };
  const drop = (connection: Connection) => {
    forget(connection);
    connection.session?.destroy();
    // At once, even when its peer does not read: the place counts as free from here on.
    connection.socket.destroy();
  };
  /** The GOAWAY makes a client that connected early and is sending its first call send that call again. */
  const closeThenDrop = (connection: Connection) => {
    if (!connection.session) return drop(connection);
    connection.session.close();
    setTimeout(() => drop(connection), CLOSE_WITHIN_MS).unref();
  };
  const accept = (socket: Socket) => {
    const connection: Connection = { socket, name: nameOf(socket) };
    connection.timeLimitEntry = limit?.add(() => closeThenDrop(connection));
    open.add(connection);
    newcomers.add(connection);
    byPeer.set(socket, connection);
    byName.set(connection.name, connection);
    socket.once('close', () => forget(connection));
    if (open.size < most) return;
    const [oldest] = newcomers;
    if (oldest && oldest !== connection) drop(oldest);
  };
  const attachSession = (session: Http2Session) => {
    const connection = session.socket && byName.get(nameOf(session.socket));
    if (!connection) return;
    connection.session = session;
    byPeer.set(session, connection);
  };
  const removeNewcomer = (peer: object | undefined): Connection | undefined => {
    const connection = peer && byPeer.get(peer);
    if (!connection || !newcomers.delete(connection)) return undefined;
    stopTimeLimit(connection);
    return connection;
  };
  return {
    watch(server) {
      // Connections over the limit are dropped: the cluster module would pass a refused one on forever when
      // all processes are full.
      Object.assign(server, { maxConnections: most, dropMaxConnection: true });
      server.prependListener('connection', accept);
      server.prependListener('session', attachSession);
    },
    markAdmitted: (peer) => void removeNewcomer(peer),
    markActive(peer) {
      const connection = removeNewcomer(peer);
      if (connection) newcomers.add(connection);
    },
    close: () => limit?.close(),
  };
}

const nameOf = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string =>
  `${remoteAddress} ${remotePort}`;
