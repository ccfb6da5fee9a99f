import type { MerchantId } from '@core/contracts';
import { inTransaction, type Pool } from '@core/db';
import { isMerchantKnown } from '@core/domain';
import { OpsError } from '../cli/errors.ts';

/**
 * Checks the merchant after a list was empty.
 * @throws OpsError when nothing is stored for the merchant: an empty list would look like an answer
 */
export async function assertMerchantIsKnown(pool: Pool, merchantId: MerchantId): Promise<void> {
  const known = await inTransaction(pool, (tx) => isMerchantKnown(tx, { merchantId }), { merchantId });
  if (!known) throw new OpsError(`--merchant: nothing is stored for merchant ${merchantId}`);
}
