import { sql } from 'drizzle-orm';
import type { MerchantId, RfmThresholds } from '@core/contracts';
import { customers, isLive, statement, type Reader } from '@core/db';
import { getProgramSettings, scoringDiffers } from '../settings/index.ts';
import { sumMoves, type SegmentMoves } from './sum-moves.ts';

export interface SettingsPreview extends SegmentMoves {
  /** Whether RFM Analytics would compute other scores; the moves do not contain this. */
  scoringDiffers: boolean;
}

const COUNT = statement({
  params: { merchantId: customers.merchantId },
  row: {
    segment: sql<string | null>`${customers.rfmScore} ->> 'segment'`,
    recency: sql<number | null>`(${customers.rfmScore} ->> 'recency')::int`,
    frequency: sql<number | null>`(${customers.rfmScore} ->> 'frequency')::int`,
    monetary: sql<number | null>`(${customers.rfmScore} ->> 'monetary')::int`,
    customers: sql<number>`count(*)::int`,
  },
  text: (p, row) => sql`
    select ${row} from ${customers}
     where ${customers.merchantId} = ${p.merchantId} and ${isLive()}
     group by 1, 2, 3, 4`,
});

/**
 * Returns how many customers would move between segments if these thresholds applied to their stored scores.
 * It reads each customer by an index, as getRfmDistribution does, and receives at most 125 rows for each
 * stored segment. Rejected: the statement of getRfmDistribution, which also reads the metadata and returns a
 * row for each group of Shopify. Rejected: the rules as a CASE in SQL, a second implementation of segmentOf.
 */
export async function previewProgramSettings(
  reader: Reader,
  { merchantId, thresholds }: { merchantId: MerchantId; thresholds: RfmThresholds },
): Promise<SettingsPreview> {
  const stored = await getProgramSettings(reader, { merchantId });
  return {
    ...sumMoves(await reader.run(COUNT, { merchantId }), thresholds),
    scoringDiffers: scoringDiffers(stored.thresholds, thresholds),
  };
}
