import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { endConnectionWith, type PendingReplies } from './pending-replies.ts';

/** A client's connection is idle between two calls, and the client may be sending the next one. */
const LAST_REQUEST_WITHIN_MS = 1_000;
const CLOSE_IDLE_EVERY_MS = 50;

export interface Drain {
  /** Registers a reply when its request arrives; called for every reply. */
  begin(res: ServerResponse): void;
  /** Accepts no new connections, lets calls in progress finish, and closes what is left after `limitMs`. */
  run(limitMs: number): Promise<void>;
}

/**
 * Creates the shutdown of an HTTP/1.1 server, which has no GOAWAY. The next reply on a connection carries
 * `connection: close`, and an idle connection is closed after a delay. Rejected: http.Server's own close().
 * It closes idle connections at once, possibly while a client is sending a request, and the client does not
 * dare to repeat a POST.
 */
export function createDrain(server: Server, pendingReplies: PendingReplies): Drain {
  const open = new Set<ServerResponse>();
  let draining = false;
  return {
    begin(res) {
      if (draining) return endConnectionWith(res);
      open.add(res);
      res.once('close', () => open.delete(res));
    },
    async run(limitMs) {
      draining = true;
      // Marks only the last answer of a connection: answers after a `connection: close` are never sent.
      for (const res of open) if (pendingReplies.pendingOn(res.req.socket) === res) endConnectionWith(res);
      const closed = new Promise((resolve) => server.once('close', resolve));
      NetServer.prototype.close.call(server);
      const begun = Date.now();
      const closing = setInterval(() => {
        if (Date.now() - begun >= LAST_REQUEST_WITHIN_MS) server.closeIdleConnections();
      }, CLOSE_IDLE_EVERY_MS);
      const forced = setTimeout(() => server.closeAllConnections(), limitMs);
      await closed;
      clearInterval(closing);
      clearTimeout(forced);
      // Stops the server's timer for late requests, as http.Server's own close() would have done.
      server.close();
    },
  };
}
