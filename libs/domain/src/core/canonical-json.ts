/**
 * Returns JSON with fields sorted by name: equal content gives equal text, whatever the order of its fields.
 */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(isSorted(value) ? value : sorted(value));

/** Lets values that are already sorted skip the copy: an import canonicalizes each customer's metadata. */
function isSorted(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.every(isSorted);
  let last: string | undefined;
  for (const [key, inner] of Object.entries(value)) {
    if ((last !== undefined && key <= last) || !isSorted(inner)) return false;
    last = key;
  }
  return true;
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
};
