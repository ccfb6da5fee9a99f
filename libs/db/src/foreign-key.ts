/** SQLSTATE foreign_key_violation: the row that is referred to went away, or is referred to. */
export const isForeignKeyViolation = (error: unknown): boolean =>
  ((error ?? {}) as { code?: unknown }).code === '23503';
