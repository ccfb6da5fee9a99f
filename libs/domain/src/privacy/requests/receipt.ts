import type { CustomerId } from '@core/contracts';

/** One place that was searched; core.v1.ErasedPlace. No PII. */
export interface ErasedPlace {
  /** A table, a topic or a queue. */
  place: string;
  /** Rows or records that held data. */
  found: number;
  /** Names of the removed data; empty when there was none. */
  removed: string[];
  /** Why nothing had to be removed, or when the remaining data will be deleted; empty otherwise. */
  remark: string;
}

/** The places searched and the data removed. No PII. */
export interface ErasureReceipt {
  /** Null when no customer with that name is stored, and for a shop's receipt. */
  customerId: CustomerId | null;
  places: ErasedPlace[];
}

/** A place that was searched. */
export const searched = (
  place: string,
  found: number,
  what: readonly string[],
  remark = '',
): ErasedPlace => ({ place, found, removed: found > 0 ? [...what] : [], remark });

/** A place where nothing has to be removed. */
export const untouched = (place: string, remark: string): ErasedPlace => ({
  place,
  found: 0,
  removed: [],
  remark,
});
