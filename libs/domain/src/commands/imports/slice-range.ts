/** What of a shop a slice covers. Bounds are instants in RFC 3339; absent ones are open. */
export interface SliceRange {
  createdFrom?: string;
  /** Exclusive. */
  createdTo?: string;
  updatedFrom?: string;
}

/** As stored in customer_import_slices.range: empty for the whole shop. */
export const writeRange = (range: SliceRange): string =>
  Object.keys(range).length === 0 ? '' : JSON.stringify(range);

export const readRange = (stored: string): SliceRange =>
  stored === '' ? {} : (JSON.parse(stored) as SliceRange);
