import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { endConnectionWith, type LastAnswers } from './last-answers.ts';

/** Between two calls a client's connection is idle, and it may be sending the next one just now. */
const LAST_REQUEST_WITHIN_MS = 1_000;
const CLOSE_IDLE_EVERY_MS = 50;

export interface Drain {
  /** For every reply, when its request arrives. */
  begin(res: ServerResponse): void;
  /** Takes no new connections, lets the calls under way end, and cuts what is left after `limitMs`. */
  run(limitMs: number): Promise<void>;
}

/**
 * HTTP/1.1 has no GOAWAY. A connection is told by `connection: close` on its next reply, and closed when it
 * asks for nothing any more. Not http.Server's own close(): that one closes idle connections at once, into
 * the request that a client is sending, which such a client does not dare to repeat when it is a POST.
 */
export function createDrain(server: Server, answers: LastAnswers): Drain {
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
      // Only the last answer of a connection: those behind a `connection: close` are never sent.
      for (const res of open) if (answers.underWay(res.req.socket) === res) endConnectionWith(res);
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
      // Its timer for late requests, which http.Server's own close() would have stopped.
      server.close();
    },
  };
}
