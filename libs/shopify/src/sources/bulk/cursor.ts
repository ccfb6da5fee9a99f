/** Where a slice stands that a bulk operation reads. */
export interface BulkCursor {
  /** gid://shopify/BulkOperation/7; null: to be started. */
  operation: string | null;
  /** Lines and bytes of its file that are stored. */
  line: number;
  byte: number;
  /** Times it was asked whether the file is there. */
  polls: number;
  /** Operations of this slice that gave no whole file. */
  failures: number;
  /** When the URL of the file ends, RFC 3339: for whoever looks at a paused slice. */
  expires?: string;
  /** Set when the slice is read by pages instead: the place there; null for its first page. */
  pages?: string | null;
}

export const readBulkCursor = (stored: string | null): BulkCursor =>
  stored === null ? toStart(0) : (JSON.parse(stored) as BulkCursor);

/** A slice that begins, or begins anew. */
export const toStart = (failures: number): BulkCursor => ({
  operation: null,
  line: 0,
  byte: 0,
  polls: 0,
  failures,
});
