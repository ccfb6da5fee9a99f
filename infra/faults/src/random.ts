import { seeded } from '@core/testing';

/** Creates random choices that the same seed reproduces. */
export function createRandom(seed: number): {
  below(n: number): number;
  shuffled<T>(items: readonly T[]): T[];
} {
  const random = seeded(seed);
  const below = (n: number): number => Math.floor(random() * n);
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
