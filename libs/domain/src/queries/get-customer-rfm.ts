import { LIVE, type Reader, type StoredRfmScore } from '@core/db';
import { notFound } from '@core/runtime';

/**
 * A customer's score, null while there is none.
 * @throws CoreError not_found: unknown, another merchant's, deleted or erased
 */
export async function getCustomerRfm(
  reader: Reader,
  input: { merchantId: string; customerId: string },
): Promise<StoredRfmScore | null> {
  const [row] = await reader.query<{ rfm_score: StoredRfmScore | null }>(
    `select rfm_score from customers where merchant_id = $1 and id = $2 and ${LIVE}`,
    [input.merchantId, input.customerId],
  );
  if (!row) throw notFound('customer');
  return row.rfm_score;
}
