export type VirtualClock = ReturnType<typeof createVirtualClock>;

/**
 * Virtual time that advances only when all tasks sleep. An hour of waiting costs only the time of its
 * commands.
 */
export function createVirtualClock(start: number) {
  let now = start;
  let pending = 0;
  const sleepers: { at: number; wake: () => void }[] = [];
  const settled = async () => {
    do await new Promise(setImmediate);
    while (pending > 0);
  };
  return {
    now: () => now,
    sleep: (ms: number) => new Promise<void>((wake) => sleepers.push({ at: now + ms, wake })),
    /** Runs real work: virtual time does not advance until it is done. */
    async real<T>(work: Promise<T>): Promise<T> {
      pending += 1;
      try {
        return await work;
      } finally {
        pending -= 1;
      }
    },
    /** Wakes all sleepers of a moment together, moment by moment, until no task sleeps any more. */
    async run(): Promise<void> {
      for (;;) {
        await settled();
        if (sleepers.length === 0) return;
        now = Math.max(now, Math.min(...sleepers.map(({ at }) => at)));
        const due = sleepers.filter(({ at }) => at <= now);
        for (const sleeper of due) sleepers.splice(sleepers.indexOf(sleeper), 1);
        for (const { wake } of due) wake();
      }
    },
  };
}
