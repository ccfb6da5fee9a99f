/** Tracks how long a client must wait, and detects requests that arrive too early. */
export interface RetryAfterTracker {
  ask(ms: number): void;
  ignoredBy(arrivedMs: number): boolean;
}

const GRACE_MS = 1_000;
/** Timers fire slightly early, and the clocks of two processes differ by a similar amount. */
const EARLY_MS = 50;

/**
 * Detects clients that ignore Retry-After. A request is no violation if it was in flight when the 429 was
 * written, or if its process had not read the 429 yet. Each 429 therefore starts a grace period. A client
 * that ignores Retry-After sends requests both within the grace period and after it.
 * Source: shopify.dev/docs/api/usage/limits (Retry-After: "the number of seconds to wait until you retry").
 */
export function createRetryAfterTracker(now: () => number): RetryAfterTracker {
  let asked: { from: number; until: number }[] = [];
  return {
    ask(ms) {
      const from = now();
      asked = asked.filter(({ until }) => until > from);
      // One window per tenth of a second is enough. It bounds the list during a burst.
      if (from - (asked.at(-1)?.from ?? -Infinity) >= 100) asked.push({ from, until: from + ms });
    },
    ignoredBy: (arrivedMs) =>
      asked.some(({ from, until }) => arrivedMs >= from + GRACE_MS && arrivedMs < until - EARLY_MS),
  };
}
