import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Tracks the last reply that was started on each connection. */
export interface PendingReplies {
  /**
   * Called for every request.
   * @returns false when an earlier reply ends the connection: the request is neither served nor answered
   */
  begin(req: IncomingMessage, res: ServerResponse): boolean;
  /** Returns the last reply of the connection, or undefined if it is finished. */
  pendingOn(socket: Duplex): ServerResponse | undefined;
}

/**
 * Creates the tracker. RFC 9112, 9.6: after `connection: close`, a server processes no further request of
 * that connection. node:http does: it parses further requests and calls the listener, until the answer is
 * written and the socket closed. The client would never receive the result of such a request.
 */
export function createPendingReplies(): PendingReplies {
  const last = new WeakMap<Duplex, ServerResponse>();
  return {
    begin({ socket }, res) {
      if (last.get(socket)?.getHeader('connection') === 'close') return false;
      last.set(socket, res);
      return true;
    },
    pendingOn(socket) {
      const res = last.get(socket);
      return res?.closed || res?.writableFinished ? undefined : res;
    },
  };
}

/** Makes this reply the last one of its connection. */
export function endConnectionWith(res: ServerResponse): void {
  if (!res.headersSent) res.setHeader('connection', 'close');
}
