/** Keyed by length, which alone distinguishes these from most other headers. */
const SINGLE_HEADERS = new Map(['host', 'content-type', 'authorization'].map((name) => [name.length, name]));

/**
 * Returns the name of a repeated header that a request may have only once (RFC 9110, 5.3), or undefined. Both
 * servers of Node keep the first value; a proxy may have checked the last one. Other repeated headers are
 * joined with a comma, and their rules refuse the result.
 * @param rawHeaders alternating names and values
 * @param checkedElsewhere headers in this set whose repetition other code checks
 */
export function repeatedHeader(
  rawHeaders: readonly string[],
  checkedElsewhere: readonly string[] = [],
): string | undefined {
  let seen = '';
  for (let n = 0; n < rawHeaders.length; n += 2) {
    const name = rawHeaders[n] ?? '';
    const once = SINGLE_HEADERS.get(name.length);
    if (once === undefined || name.toLowerCase() !== once) continue;
    if (checkedElsewhere.includes(once)) continue;
    if (seen.includes(once)) return once;
    seen += ` ${once}`;
  }
  return undefined;
}
