import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Tracks the last answer that was started on each connection. */
export interface LastAnswers {
  /**
   * Called for every request.
   * @returns false when an earlier answer ends the connection: the request is neither served nor answered
   */
  begin(req: IncomingMessage, res: ServerResponse): boolean;
  /** Returns the last answer of the connection, or undefined if it is finished. */
  underWay(socket: Duplex): ServerResponse | undefined;
}

/**
 * Creates the tracker. RFC 9112, 9.6: after `connection: close`, a server processes no further request of
 * that connection. node:http does: it parses further requests and calls the listener, until the answer is
 * written and the socket closed. The client would never receive the result of such a request.
 */
export function createLastAnswers(): LastAnswers {
  const last = new WeakMap<Duplex, ServerResponse>();
  return {
    begin({ socket }, res) {
      if (last.get(socket)?.getHeader('connection') === 'close') return false;
      last.set(socket, res);
      return true;
    },
    underWay(socket) {
      const res = last.get(socket);
      return res?.closed || res?.writableFinished ? undefined : res;
    },
  };
}

/** Makes this answer the last one of its connection. */
export function endConnectionWith(res: ServerResponse): void {
  if (!res.headersSent) res.setHeader('connection', 'close');
}
