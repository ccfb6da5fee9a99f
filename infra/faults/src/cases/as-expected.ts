import type { Outcome } from './case.ts';

/** An expectation that ends in … says how the outcome begins: the words after it may change. */
export const isAsExpected = ({ expected, got }: Pick<Outcome, 'expected' | 'got'>): boolean =>
  expected.endsWith('…') ? got.startsWith(expected.slice(0, -1)) : got === expected;
