/**
 * SQLSTATEs of a server that shuts down, is still starting, has no free connection, is no longer the primary,
 * or has ended a session that was idle in its transaction; and the error codes of sockets.
 */
const CODE =
  /^(08\w{3}|57P0\d|53300|25006|25P0[34]|ECONN\w+|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** pg's own errors have no code; these are their words. */
const MESSAGE =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client (has encountered a connection error|was closed))/;

/**
 * SQLSTATEs of a server that cannot do anything now, regardless of the statement: no space on its disk, in
 * its memory or for a connection (class 53), an operator or a time limit stopped it (57), its files fail
 * (58).
 */
const NOT_NOW = /^(53|57|58)[0-9A-Z]{3}$/;

/** The wait for a lock that another session holds exceeded lock_timeout. */
export const isLockTimeout = (error: unknown): boolean =>
  (error as { code?: unknown } | null | undefined)?.code === '55P03';

/**
 * True for an error without a mistake in the request, which may succeed later: the connection is lost, a lock is
 * held, or the server cannot work now. Separate from isConnectionLoss, because another connection would not help: nothing
 * retries it at once.
 */
export function isUnavailable(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return isConnectionLoss(error) || isLockTimeout(error) || (typeof code === 'string' && NOT_NOW.test(code));
}

/** The server or the way to it is gone: nobody's mistake, and another connection may do. */
export function isConnectionLoss(error: unknown): boolean {
  // Not `instanceof Error`: those of a socket belong to another realm where code runs in a vm context.
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? CODE.test(code) : typeof message === 'string' && MESSAGE.test(message);
}
