import type { SegmentRow } from '@core/domain';
import { MAX_METAFIELDS, type CustomerMetafields } from '@core/shopify';
import type { CustomerId } from '@core/contracts';

/** The changes of a page in the shop. */
export interface SegmentChanges {
  /** The calls that set metafields: those of a customer are in one call. */
  sets: { customer: SegmentRow; metafields: CustomerMetafields }[][];
  /** The numbers of customers whose metafields are deleted first. */
  deletes: string[];
  /** Customers without metafields in the shop afterwards. */
  removed: CustomerId[];
}

/** Compares the scores of a page with what the shop has. */
export function compareSegments(rows: readonly SegmentRow[]): SegmentChanges {
  const changes: SegmentChanges = { sets: [], deletes: [], removed: [] };
  let left = 0;
  for (const row of rows) {
    const { customerId, wanted, written } = row;
    const isMoved = wanted && written && wanted.shopCustomer !== written.shopCustomer;
    // A customer that the shop has refused has no metafields.
    if (written && written.refused === null && (!wanted || isMoved))
      changes.deletes.push(written.shopCustomer);
    if (written && !wanted) changes.removed.push(customerId);
    const metafields = wanted && differencesOf(wanted, isMoved ? null : written);
    if (!metafields) continue;
    const size = Object.keys(metafields.values).length;
    if (size > left) {
      changes.sets.push([]);
      left = MAX_METAFIELDS;
    }
    changes.sets.at(-1)?.push({ customer: row, metafields });
    left -= size;
  }
  return changes;
}

function differencesOf(
  { shopCustomer, segment, score }: NonNullable<SegmentRow['wanted']>,
  written: SegmentRow['written'],
): CustomerMetafields | null {
  const isSame = { segment: written?.segment === segment, score: written?.score === score };
  if (isSame.segment && isSame.score) return null;
  // The shop has neither value of a customer that it has refused.
  const has = written?.refused === null ? isSame : { segment: false, score: false };
  const values = {
    ...(!has.segment && { rfm_segment: segment }),
    ...(!has.score && { rfm_score: score }),
  };
  return { shopCustomer, values };
}
