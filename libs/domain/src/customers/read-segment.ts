import type { CustomerId, MerchantId } from '@core/contracts';
import type { CustomerRow, Reader } from '@core/db';
import { cutPage } from '../core/index.ts';
import { readPage } from './list-customers.ts';

export interface ReadSegment {
  merchantId: MerchantId;
  /** Exact name; empty: the scored customers of all segments. */
  segment: string;
}

/** As many as the largest page of ListCustomers: one audit row of a page names up to so many customers. */
const PAGE = 1_000;

/** Every score has a recency of 1 or more. */
const SCORED = { min: 1, max: 0 };

/**
 * Yields the scored customers of a segment, by id, one page at a time: a segment may have millions. A
 * customer who is in the segment all the time is yielded exactly once. Pages by key rather than by a database
 * cursor, which would hold a transaction open for as long as the reader takes, on a replica that must then
 * delay its replay.
 */
export async function* readSegment(
  reader: Reader,
  { merchantId, segment }: ReadSegment,
): AsyncGenerator<CustomerRow[]> {
  const filter = segment === '' ? { merchantId, recency: SCORED } : { merchantId, segment };
  let after: CustomerId | undefined;
  for (;;) {
    const read = await readPage(reader, filter, after, PAGE + 1);
    const rows = cutPage(read, PAGE);
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    if (rows.length === read.length) return;
    after = last.id;
  }
}
