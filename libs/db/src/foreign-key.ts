/**
 * Returns whether a foreign key was violated: the referenced row was deleted, or a row to delete is still
 * referenced.
 */
export const isForeignKeyViolation = (error: unknown): boolean =>
  ((error ?? {}) as { code?: unknown }).code === '23503';
