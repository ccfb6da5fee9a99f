import { type MerchantKeyStore } from '@core/crypto';
import { inTransaction, type Pool } from '@core/db';
import { redactCustomer, type ErasedSince } from '@core/domain';

/**
 * Erases each customer in a separate transaction, under a new request: the receipt of the first erasure stays
 * unchanged. The request's id is derived from the backup's time and the customer, so that a second run finds
 * the request done.
 */
export async function eraseAgain(
  { pool, keys, actor }: { pool: Pool; keys: MerchantKeyStore; actor: string },
  erased: readonly ErasedSince[],
  backupAt: string,
): Promise<void> {
  for (const { merchantId, customerId } of erased) {
    const requestId = `restore:${new Date(backupAt).toISOString()}:${customerId}`;
    const ctx = { caller: actor, requestId, keys };
    await inTransaction(pool, (tx) => redactCustomer(tx, ctx, { merchantId, requestId, customerId }));
  }
}
