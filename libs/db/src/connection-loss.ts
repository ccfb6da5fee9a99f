/**
 * SQLSTATEs of a server that goes away, is not there yet, has no room, or is no primary any more; and the
 * codes that the system gives a socket.
 */
const CODE =
  /^(08\w{3}|57P0\d|53300|25006|ECONN\w+|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** pg's own errors have no code; these are their words. */
const MESSAGE =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/**
 * SQLSTATEs of a server that cannot do it now, whatever is asked of it: no room on its disk, in its memory or for a
 * connection (class 53), stopped by an operator or a time limit (57), trouble with its files (58).
 */
const NOT_NOW = /^(53|57|58)[0-9A-Z]{3}$/;

/**
 * Nobody's mistake, and the same may succeed later: the connection is lost, or the server cannot do it now. Apart from
 * isConnectionLoss, because another connection would not do: nothing runs anew at once for it.
 */
export function isUnavailable(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return isConnectionLoss(error) || (typeof code === 'string' && NOT_NOW.test(code));
}

/** The server or the way to it is gone: nobody's mistake, and another connection may do. */
export function isConnectionLoss(error: unknown): boolean {
  // Not `instanceof Error`: those of a socket belong to another realm where code runs in a vm context.
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? CODE.test(code) : typeof message === 'string' && MESSAGE.test(message);
}
