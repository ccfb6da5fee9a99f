import type { Reader, StoredRfmScore } from '@core/db';
import type { CustomerKey } from '../core/index.ts';

/** A score, null while there is none; undefined: unknown, another merchant's, deleted or erased. */
export type FoundScore = StoredRfmScore | null | undefined;

/**
 * The scores of many customers, of any merchants, by one statement; one entry per key, in their order. The function
 * (migration 0007) may see every merchant's rows, and gives out those of the pairs alone.
 */
export async function getCustomerRfm(reader: Reader, keys: readonly CustomerKey[]): Promise<FoundScore[]> {
  // The two arrays stay pairs on their way: a joined string could read one merchant's key as another's.
  const rows = await reader.query<{ found: boolean; rfm_score: StoredRfmScore | null }>(
    'select found, rfm_score from read_scores($1::uuid[], $2::uuid[])',
    [keys.map(({ merchantId }) => merchantId), keys.map(({ customerId }) => customerId)],
    // Planning it costs PostgreSQL more than reading a few rows.
    'read_scores',
  );
  return rows.map((row) => (row.found ? row.rfm_score : undefined));
}
