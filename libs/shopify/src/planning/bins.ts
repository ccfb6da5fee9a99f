/** The customers created from one second (inclusive) to another (exclusive), in seconds since 1970. */
export interface Bin {
  from: number;
  to: number;
  count: number;
}

/** A bin that holds more than this share of a slice is too coarse to place slice edges. */
const FINE = 0.5;
/**
 * Maximum number of pieces of one bin, and of all bins in a pass. The pieces of a pass are counted in one
 * request.
 */
const MAX_PIECES = 16;
const MAX_AT_ONCE = 48;

/** Splits a time span into equal parts of at least one second. */
export function splitSpan(from: number, to: number, parts: number): Omit<Bin, 'count'>[] {
  const n = Math.max(1, Math.min(parts, to - from));
  const edgeAt = (i: number) => from + Math.round(((to - from) * i) / n);
  return Array.from({ length: n }, (_, i) => ({ from: edgeAt(i), to: edgeAt(i + 1) }));
}

/** Returns the bins that must be split, fullest first, each with its pieces. */
export function splitsOf(bins: readonly Bin[], slices: number): Map<Bin, Omit<Bin, 'count'>[]> {
  const target = sum(bins) / slices;
  const coarse = bins.filter(({ from, to, count }) => to - from > 1 && count > target * FINE);
  coarse.sort((a, b) => b.count - a.count);
  const splits = new Map<Bin, Omit<Bin, 'count'>[]>();
  let left = MAX_AT_ONCE;
  for (const bin of coarse) {
    const parts = Math.min(left, MAX_PIECES, Math.max(4, Math.ceil((bin.count / target) * 4)));
    if (parts < 2) break;
    const pieces = splitSpan(bin.from, bin.to, parts);
    splits.set(bin, pieces);
    left -= pieces.length;
  }
  return splits;
}

/**
 * Returns the bin edges at which to cut the range into slices of about equal size. Returns fewer edges than
 * requested when single bins hold too many customers.
 */
export function edgesOf(bins: readonly Bin[], slices: number): number[] {
  const total = sum(bins);
  const edges = new Set<number>();
  let before = 0;
  let slice = 1;
  for (const { from, count } of bins) {
    // The edge before or after the bin that contains the ideal cut, whichever is nearer.
    while (slice < slices && before + count / 2 >= (total * slice) / slices) {
      if (before > 0) edges.add(from);
      slice += 1;
    }
    before += count;
  }
  return [...edges];
}

const sum = (bins: readonly Bin[]): number => bins.reduce((total, { count }) => total + count, 0);
