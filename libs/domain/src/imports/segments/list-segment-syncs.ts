import { and, eq, ne } from 'drizzle-orm';
import { build, segmentSyncs, statement, type Reader } from '@core/db';
import type { MerchantId } from '@core/contracts';

/** The writing of segments to the customers of a shop. */
export interface SegmentSync {
  /** False while what was written is being removed from the shop. */
  enabled: boolean;
  /** Customers with metafields in the shop. */
  written: number;
  /** Customers that the shop has refused. */
  refused: number;
  /** When the shop last had the segment of every customer. */
  completedAt: Date | null;
  /** The obstacle, in words for the merchant. */
  lastError: string | null;
}

const { merchantId, shop, state, completedAt, lastError } = segmentSyncs;
const { customersWritten: written, customersRefused: refused } = segmentSyncs;

const LIST = statement({
  params: { merchantId },
  row: { shop, state, written, refused, completedAt, lastError },
  text: (p, row) =>
    build
      .select(row)
      .from(segmentSyncs)
      .where(and(eq(merchantId, p.merchantId), ne(state, 'ended'))),
});

/** Returns the writing of segments by shop. Shops where it is off and nothing is left to remove have none. */
export async function listSegmentSyncs(
  reader: Reader,
  of: { merchantId: MerchantId },
): Promise<Map<string, SegmentSync>> {
  const rows = await reader.run(LIST, of);
  const byShop = new Map<string, SegmentSync>();
  for (const { shop, state, ...sync } of rows) {
    // On again, while an earlier one is still being removed.
    if (state === 'on' || !byShop.has(shop)) byShop.set(shop, { enabled: state === 'on', ...sync });
  }
  return byShop;
}
