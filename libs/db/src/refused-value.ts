/**
 * SQLSTATEs of a refused value. Class 22: its type cannot hold it, such as NUL in a text or a number too
 * large. Class 54: it is too long for an index or for the server. 23514: a CHECK refuses it.
 */
const REFUSED = /^(22...|54...|23514)$/;

/**
 * Returns whether PostgreSQL refuses a value of a statement. A retry would be refused again, and the sender
 * is reported to be at fault. The validation of requests names the field, and this error does not: an error
 * that gets this far shows that a validation rule is missing.
 */
export function isRefusedValue(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && REFUSED.test(code);
}
