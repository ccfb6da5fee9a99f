/**
 * SQLSTATEs of a server that shuts down, is still starting, has no free connection, is no longer the primary,
 * or has ended a session that was idle in its transaction. It also matches the error codes of sockets.
 */
const CODE =
  /^(08\w{3}|57P0\d|53300|25006|25P0[34]|ECONN\w+|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** pg's own errors have no code; these are their messages. */
const MESSAGE =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client (has encountered a connection error|was closed))/;

/**
 * SQLSTATEs of a server that cannot work now, regardless of the statement. Class 53: it has no disk space,
 * memory or connection left. Class 57: an operator or a time limit stopped the statement. Class 58: its files
 * fail.
 */
const NOT_NOW = /^(53|57|58)[0-9A-Z]{3}$/;

/** Returns whether the wait for a lock that another session holds exceeded lock_timeout. */
export const isLockTimeout = (error: unknown): boolean =>
  (error as { code?: unknown } | null | undefined)?.code === '55P03';

/**
 * Returns true for an error that is not the fault of the request, which may succeed later: the connection is
 * lost, a lock is held, or the server cannot work now. It is separate from isConnectionLoss because another
 * connection would not help: nothing retries such an error at once.
 */
export function isUnavailable(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return isConnectionLoss(error) || isLockTimeout(error) || (typeof code === 'string' && NOT_NOW.test(code));
}

/**
 * Returns whether the connection to the server was lost. The request is not at fault, and another connection
 * may succeed.
 */
export function isConnectionLoss(error: unknown): boolean {
  // Not `instanceof Error`: where code runs in a vm context, the errors of a socket belong to another realm.
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? CODE.test(code) : typeof message === 'string' && MESSAGE.test(message);
}
