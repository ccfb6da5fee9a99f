import { and, eq, isNull, ne, or, sql } from 'drizzle-orm';
import { build, segmentSyncs, statement, type Reader } from '@core/db';
import type { MerchantId } from '@core/contracts';

/** The writing of segments to the customers of a shop. */
export interface SegmentSync {
  /** False while what was written is being removed from the shop. */
  enabled: boolean;
  /** On, and nothing is written until the shop has completed a removal. */
  isSettling: boolean;
  /** Customers with metafields in the shop. */
  written: number;
  /** Customers that the shop has refused. */
  refused: number;
  /** When the shop last had the segment of every customer. */
  completedAt: Date | null;
  /** The obstacle, in words for the merchant. */
  lastError: string | null;
}

const { merchantId, shop, state, clearedAt, definedAt, settlesAt, completedAt, lastError } = segmentSyncs;
const { customersWritten: written, customersRefused: refused } = segmentSyncs;

const LIST = statement({
  params: { merchantId },
  row: {
    shop,
    enabled: sql<boolean>`${eq(state, 'on')}`,
    isSettling: sql<boolean>`${and(
      eq(state, 'on'),
      isNull(definedAt),
      sql`coalesce(${settlesAt} > now(), false)`,
    )}`,
    written,
    refused,
    completedAt,
    lastError,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(segmentSyncs)
      .where(and(eq(merchantId, p.merchantId), ne(state, 'ended'), or(eq(state, 'on'), isNull(clearedAt)))),
});

/** Returns the writing of segments by shop. Shops where it is off and nothing is left to remove have none. */
export async function listSegmentSyncs(
  reader: Reader,
  of: { merchantId: MerchantId },
): Promise<Map<string, SegmentSync>> {
  const rows = await reader.run(LIST, of);
  return new Map(rows.map(({ shop, ...sync }) => [shop, sync]));
}
