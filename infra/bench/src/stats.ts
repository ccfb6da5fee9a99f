/** Returns the median. @throws Error for an empty list, whose median would look like a figure */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Rounds to three significant digits, more than a reader needs and without noise. */
export const rounded = (value: number): number => Number(value.toPrecision(3));

/** Returns `median (min-max)` of some rounds. */
export const withSpread = (values: readonly number[]): string =>
  `${rounded(median(values))} (${rounded(Math.min(...values))}-${rounded(Math.max(...values))})`;
