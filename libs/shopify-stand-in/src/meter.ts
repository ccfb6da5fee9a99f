const SECOND_MS = 1_000;

/** Records the maximum number of requests within any sliding second, not within seconds of the clock. */
export interface Meter {
  add(atMs: number): void;
  worst(): number;
}

export function createMeter(): Meter {
  let times: number[] = [];
  let first = 0;
  let worst = 0;
  return {
    add(atMs) {
      times.push(atMs);
      while ((times[first] ?? atMs) <= atMs - SECOND_MS) first += 1;
      worst = Math.max(worst, times.length - first);
      if (first > 10_000) {
        times = times.slice(first);
        first = 0;
      }
    },
    worst: () => worst,
  };
}
