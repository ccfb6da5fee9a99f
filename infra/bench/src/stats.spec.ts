import { median, rounded, withSpread } from './stats.ts';

it.each([
  [[3], 3],
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[10, 9], 9.5],
])('computes the median of %p as %d', (values, expected) => expect(median(values)).toBe(expected));

it('throws for an empty list', () => expect(() => median([])).toThrow('no values'));

it('shows three significant digits and the spread', () => {
  expect(rounded(1234.5)).toBe(1230);
  expect(rounded(0.98765)).toBe(0.988);
  expect(withSpread([0.9, 1.1, 1])).toBe('1 (0.9-1.1)');
});
