/** Expires items after a fixed time. */
export interface TimeLimit {
  /** @returns the key for `remove` */
  add(expire: () => void): TimeLimitEntry;
  remove(entry: TimeLimitEntry): void;
  close(): void;
}
export interface TimeLimitEntry {
  readonly since: number;
  readonly expire: () => void;
}

/**
 * Shares one timer: most items are removed within the same turn of the event loop, and a timer for each call
 * would cost more than a set does. Items expire in order of arrival, up to a quarter of the time late.
 */
export function createTimeLimit(limitMs: number): TimeLimit {
  const all = new Set<TimeLimitEntry>();
  const sweep = setInterval(() => {
    const late = performance.now() - limitMs;
    for (const entry of all) {
      if (entry.since > late) return;
      all.delete(entry);
      entry.expire();
    }
  }, limitMs / 4).unref();
  return {
    add(expire) {
      const entry = { since: performance.now(), expire };
      all.add(entry);
      return entry;
    },
    remove: (entry) => void all.delete(entry),
    close: () => clearInterval(sweep),
  };
}
