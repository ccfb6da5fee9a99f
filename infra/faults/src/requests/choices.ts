import { seeded } from '@core/testing';

/** Random choices that the same seed makes again. */
export interface Choices {
  below(n: number): number;
  one<T>(of: readonly T[]): T;
  /** True once in `n` times. */
  seldom(n: number): boolean;
  bytes(most: number): Buffer;
}

export function createChoices(seed: number): Choices {
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  return {
    below,
    one: (of) => of[below(of.length)] as (typeof of)[number],
    seldom: (n) => below(n) === 0,
    bytes: (most) => Buffer.from(Array.from({ length: below(most + 1) }, () => below(256))),
  };
}
