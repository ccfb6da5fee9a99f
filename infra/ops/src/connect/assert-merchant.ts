import { inTransaction, type Pool } from '@core/db';
import { OpsError } from '../cli/errors.ts';

/**
 * For a list in which nothing was found. Auth knows who is a merchant; whoever has customers, a shop, a key or a request
 * here is one.
 * @throws OpsError when nothing is stored of the merchant: an empty list would look like an answer
 */
export async function assertMerchantIsKnown(pool: Pool, merchantId: string): Promise<void> {
  const [row] = await inTransaction(
    pool,
    (tx) =>
      tx.query<{ known: boolean }>(
        `select exists (select from customers where merchant_id = $1)
             or exists (select from shopify_connections where merchant_id = $1)
             or exists (select from merchant_keys where merchant_id = $1)
             or exists (select from privacy_requests where merchant_id = $1) as known`,
        [merchantId],
      ),
    { merchantId },
  );
  if (!row?.known) throw new OpsError(`--merchant: nothing is stored of a merchant ${merchantId}`);
}
