/** The maximum delay. A longer one is probably a mistake, and one header must not block a run. */
const MAX_MS = 5 * 60_000;

/** The delay after a reply that reports a full bucket but states no delay. */
export const DEFAULT_WAIT_MS = 1_000;

/**
 * Parses Retry-After to ms: Shopify's decimal seconds or an HTTP date. Returns null for an unreadable header.
 */
export function parseRetryAfter(header: string | null, now: number): number | null {
  const value = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(value)) return Math.min(MAX_MS, Math.ceil(Number(value) * 1000));
  const date = parseHttpDate(value);
  return date === null ? null : Math.min(MAX_MS, Math.max(0, date - now));
}

/** Parses an HTTP date to milliseconds since the epoch. Returns null for an unreadable one. */
export function parseHttpDate(header: string | null): number | null {
  const value = header?.trim() ?? '';
  const date = /^[A-Z]/i.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? null : date;
}
