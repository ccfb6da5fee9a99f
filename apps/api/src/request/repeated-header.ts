/** By length, which alone distinguishes most other headers from these. */
const ONCE = new Map(['host', 'content-type', 'authorization'].map((name) => [name.length, name]));

/**
 * Returns the name of a header that a request has twice although it may have it only once (RFC 9110, 5.3), or
 * undefined. Both servers of Node keep the first one; a proxy may have checked the last one. Other headers that
 * come twice are joined by a comma, and their rules refuse the result.
 * @param rawHeaders names and values in turn
 * @param others of these, that somebody else judges
 */
export function repeatedHeader(
  rawHeaders: readonly string[],
  others: readonly string[] = [],
): string | undefined {
  let seen = '';
  for (let n = 0; n < rawHeaders.length; n += 2) {
    const name = rawHeaders[n] ?? '';
    const once = ONCE.get(name.length);
    if (once === undefined || name.toLowerCase() !== once) continue;
    if (others.includes(once)) continue;
    if (seen.includes(once)) return once;
    seen += ` ${once}`;
  }
  return undefined;
}
