import { shopifyTime } from '@core/contracts';

/** The part of a shop that a slice covers. Bounds are instants in RFC 3339; absent ones are open. */
export interface SliceRange {
  createdFrom?: string;
  /** Exclusive. */
  createdTo?: string;
  updatedFrom?: string;
}

/**
 * Returns a range as stored in customer_import_slices.range, beside `restarts` (see restartSlice): empty for
 * the whole shop.
 */
export const writeRange = (range: SliceRange): string =>
  Object.keys(range).length === 0 ? '' : JSON.stringify(range);

export function readRange(stored: string): SliceRange {
  const { createdFrom, createdTo, updatedFrom } = (stored === '' ? {} : JSON.parse(stored)) as SliceRange;
  return {
    ...(createdFrom !== undefined && { createdFrom }),
    ...(createdTo !== undefined && { createdTo }),
    ...(updatedFrom !== undefined && { updatedFrom }),
  };
}

/** Machines' clocks differ and Shopify's search index lags: a query for changes starts this much earlier. */
const OVERLAP_MS = 5 * 60_000;

/**
 * The customers that a run reads: those created up to its start; in a delta run only those changed since
 * `since`.
 */
export const rangeOfRun = ({ startedAt, since }: { startedAt: Date; since: Date | null }): SliceRange => ({
  createdTo: endOf(startedAt),
  ...(since && { updatedFrom: overlapped(since) }),
});

/**
 * The final ranges: customers changed since the start, which are read again, and new ones, which the count
 * omits.
 */
export const rangesToReconcile = (startedAt: Date): [changed: SliceRange, created: SliceRange] => [
  { createdTo: endOf(startedAt), updatedFrom: overlapped(startedAt) },
  { createdFrom: endOf(startedAt) },
];

// Shopify's times are in whole seconds.
const endOf = (at: Date): string => shopifyTime(1000 * Math.ceil(at.getTime() / 1000));
const overlapped = (at: Date): string => shopifyTime(1000 * Math.floor((at.getTime() - OVERLAP_MS) / 1000));
