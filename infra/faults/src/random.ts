/** Random numbers that the same seed gives again (mulberry32). */
export function createRandom(seed: number): {
  below(n: number): number;
  shuffled<T>(items: readonly T[]): T[];
} {
  let state = seed >>> 0;
  const below = (n: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
  };
  return {
    below,
    shuffled: (items) => {
      const all = [...items];
      for (let n = all.length - 1; n > 0; n--) {
        const other = below(n + 1);
        [all[n], all[other]] = [all[other] as (typeof all)[number], all[n] as (typeof all)[number]];
      }
      return all;
    },
  };
}
