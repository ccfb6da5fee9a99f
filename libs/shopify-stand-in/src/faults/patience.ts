/** Knows for how long a client was asked to stay away, and says whether a request comes before that. */
export interface Patience {
  ask(ms: number): void;
  ignoredBy(arrivedMs: number): boolean;
}

const GRACE_MS = 1_000;
/** Timers fire a little early, and the clocks of two processes differ by as much. */
const EARLY_MS = 50;

/**
 * A request that was under way when the 429 was written, or decided by a process that had not read it yet, is no
 * breach: hence a grace after each 429. A client that ignores Retry-After comes within it and after it as well.
 * Source: shopify.dev/docs/api/usage/limits (Retry-After: "the number of seconds to wait until you retry").
 */
export function createPatience(now: () => number): Patience {
  let asked: { from: number; until: number }[] = [];
  return {
    ask(ms) {
      const from = now();
      asked = asked.filter(({ until }) => until > from);
      // One window per tenth of a second is enough, and bounds the list in a storm.
      if (from - (asked.at(-1)?.from ?? -Infinity) >= 100) asked.push({ from, until: from + ms });
    },
    ignoredBy: (arrivedMs) =>
      asked.some(({ from, until }) => arrivedMs >= from + GRACE_MS && arrivedMs < until - EARLY_MS),
  };
}
