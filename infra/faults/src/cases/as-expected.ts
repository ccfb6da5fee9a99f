import type { Outcome } from './case.ts';

/** Compares an outcome. An expectation that ends in … is only a prefix: the words after it may change. */
export const isAsExpected = ({ expected, got }: Pick<Outcome, 'expected' | 'got'>): boolean =>
  expected.endsWith('…') ? got.startsWith(expected.slice(0, -1)) : got === expected;
