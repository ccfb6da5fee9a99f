/** Decides when a read is late enough to be sent to a second node too. */
export interface Hedging {
  /** Records the duration of a read, in milliseconds. */
  observe(ms: number): void;
  /** Milliseconds after which a read is late: the 95th percentile of the last reads. */
  readonly after: number;
  /** Returns whether the budget allows one more second query; if so, it is counted. */
  take(): boolean;
}

const WINDOW = 256;
/** Reads between two evaluations of the window: sorting it for each read would cost more than it saves. */
const REFRESH = 32;
/** A timer has no finer resolution, and a fast database needs no help. */
const EARLIEST_MS = 2;
/** Maximum share of all reads; more would double the load of a database that is slow because of its load. */
const BUDGET = 0.05;
/** Maximum budget that accumulates in quiet times. */
const SAVED = 10;

export function createHedging(): Hedging {
  const window: number[] = [];
  let next = 0;
  let after = Infinity;
  let budget = SAVED;
  return {
    observe(ms) {
      window[next % WINDOW] = ms;
      budget = Math.min(SAVED, budget + BUDGET);
      if (++next % REFRESH === 0) {
        const sorted = [...window].sort((a, b) => a - b);
        after = Math.max(EARLIEST_MS, sorted[Math.floor(sorted.length * 0.95)] ?? Infinity);
      }
    },
    get after() {
      return after;
    },
    take() {
      if (budget < 1) return false;
      budget -= 1;
      return true;
    },
  };
}
