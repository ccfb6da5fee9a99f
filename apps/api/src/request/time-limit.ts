/** Expires items after a fixed time. */
export interface TimeLimit {
  /** @returns the key for `remove` */
  add(expire: () => void): Waiting;
  remove(waiting: Waiting): void;
  close(): void;
}
export interface Waiting {
  readonly since: number;
  readonly expire: () => void;
}

/**
 * Shares one timer: most items are removed within the same turn of the event loop, and a timer for each call
 * would cost more than a set does. Items expire in order of arrival, up to a quarter of the time late.
 */
export function createTimeLimit(limitMs: number): TimeLimit {
  const all = new Set<Waiting>();
  const sweep = setInterval(() => {
    const late = performance.now() - limitMs;
    for (const waiting of all) {
      if (waiting.since > late) return;
      all.delete(waiting);
      waiting.expire();
    }
  }, limitMs / 4).unref();
  return {
    add(expire) {
      const waiting = { since: performance.now(), expire };
      all.add(waiting);
      return waiting;
    },
    remove: (waiting) => void all.delete(waiting),
    close: () => clearInterval(sweep),
  };
}
