/** Something that is given so long, and then expires. */
export interface TimeLimit {
  /** @returns what `remove` takes */
  add(expire: () => void): Waiting;
  remove(waiting: Waiting): void;
  close(): void;
}
export interface Waiting {
  readonly since: number;
  readonly expire: () => void;
}

/**
 * One timer for all: most of what is added is removed within the same turn, and a timer of its own would cost each call
 * more than a set does. What has come first expires first, up to a quarter late.
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
