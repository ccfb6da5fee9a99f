/** Customers created from one second on and before another; seconds since 1970. */
export interface Bin {
  from: number;
  to: number;
  count: number;
}

/** A bin above this share of a slice is too coarse to cut slices by. */
const FINE = 0.5;
/** Pieces of one bin, and of all in a pass: counts asked for at once. */
const MOST_PIECES = 16;
const MOST_AT_ONCE = 48;

/** A span of time in so many equal parts, of a second at least. */
export function splitSpan(from: number, to: number, parts: number): Omit<Bin, 'count'>[] {
  const n = Math.max(1, Math.min(parts, to - from));
  const edgeAt = (i: number) => from + Math.round(((to - from) * i) / n);
  return Array.from({ length: n }, (_, i) => ({ from: edgeAt(i), to: edgeAt(i + 1) }));
}

/** The bins that must be split, fullest first, each with its pieces. */
export function splitsOf(bins: readonly Bin[], slices: number): Map<Bin, Omit<Bin, 'count'>[]> {
  const target = sum(bins) / slices;
  const coarse = bins.filter(({ from, to, count }) => to - from > 1 && count > target * FINE);
  coarse.sort((a, b) => b.count - a.count);
  const splits = new Map<Bin, Omit<Bin, 'count'>[]>();
  let left = MOST_AT_ONCE;
  for (const bin of coarse) {
    const parts = Math.min(left, MOST_PIECES, Math.max(4, Math.ceil((bin.count / target) * 4)));
    if (parts < 2) break;
    const pieces = splitSpan(bin.from, bin.to, parts);
    splits.set(bin, pieces);
    left -= pieces.length;
  }
  return splits;
}

/** Where to cut for slices about equally full: an edge between bins each, fewer than asked where bins are too full. */
export function edgesOf(bins: readonly Bin[], slices: number): number[] {
  const total = sum(bins);
  const edges = new Set<number>();
  let before = 0;
  let slice = 1;
  for (const { from, count } of bins) {
    // The edge before or after the bin that holds the ideal cut, whichever is nearer.
    while (slice < slices && before + count / 2 >= (total * slice) / slices) {
      if (before > 0) edges.add(from);
      slice += 1;
    }
    before += count;
  }
  return [...edges];
}

const sum = (bins: readonly Bin[]): number => bins.reduce((total, { count }) => total + count, 0);
