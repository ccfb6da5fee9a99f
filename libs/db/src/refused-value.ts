/**
 * SQLSTATEs of a value that its type cannot hold, such as NUL in a text or a number too large (22), that is too long for
 * an index or for the server (54), or that a CHECK refuses (23514).
 */
const REFUSED = /^(22...|54...|23514)$/;

/**
 * Whether PostgreSQL refuses a value of a statement: tried again it is refused again, and its sender is told that it is at
 * fault. The rules of the doors name the field, and this error does not: one that gets this far shows that a rule is missing.
 */
export function isRefusedValue(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && REFUSED.test(code);
}
