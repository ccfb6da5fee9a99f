import type { Outcome } from './case.ts';

/** Compares an outcome. An expectation that ends in … is only a prefix: the words after it may change. */
export const isAsExpected = ({ expected, actual }: Pick<Outcome, 'expected' | 'actual'>): boolean =>
  expected.endsWith('…') ? actual.startsWith(expected.slice(0, -1)) : actual === expected;
