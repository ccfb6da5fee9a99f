import { seeded } from '@core/testing';

/** Random choices that a seed reproduces. */
export interface Choices {
  below(n: number): number;
  one<T>(of: readonly T[]): T;
  /** True once in `n` times on average. */
  oneIn(n: number): boolean;
  bytes(most: number): Buffer;
}

export function createChoices(seed: number): Choices {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  return {
    below,
    one: (of) => of[below(of.length)] as (typeof of)[number],
    oneIn: (n) => below(n) === 0,
    bytes: (most) => Buffer.from(Array.from({ length: below(most + 1) }, () => below(256))),
  };
}
