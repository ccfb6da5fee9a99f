import { LIVE, type Reader, type StoredRfmScore } from '@core/db';

export interface CustomerKey {
  merchantId: string;
  customerId: string;
}

/** A score, null while there is none; undefined: unknown, another merchant's, deleted or erased. */
export type FoundScore = StoredRfmScore | null | undefined;

/** The scores of many customers, of any merchants, by one statement; one entry per key, in their order. */
export async function readScores(reader: Reader, keys: readonly CustomerKey[]): Promise<FoundScore[]> {
  // The two arrays stay pairs on their way: a joined string could read one merchant's key as another's.
  const rows = await reader.query<{ found: boolean; rfm_score: StoredRfmScore | null }>(
    `select c.id is not null as found, c.rfm_score
       from unnest($1::uuid[], $2::uuid[]) with ordinality as key (merchant_id, id, position)
       left join customers c on c.merchant_id = key.merchant_id and c.id = key.id and ${LIVE}
      order by key.position`,
    [keys.map(({ merchantId }) => merchantId), keys.map(({ customerId }) => customerId)],
    // Planning it costs PostgreSQL more than reading a few rows.
    'read_scores',
  );
  return rows.map((row) => (row.found ? row.rfm_score : undefined));
}
