import type { MerchantId } from '@core/contracts';
import { lockExclusive, lockShared, type Tx } from '@core/db';

// A value encrypted with keys that another transaction destroys is lost, although its writer got a success.
// Rejected: a shared lock on the key's row. It would write to the row's page, and create a multixact, for
// each customer.
const name = (merchantId: MerchantId): string => `merchant_keys|${merchantId}`;

/**
 * Prevents the merchant's keys from being destroyed until the transaction ends. Only a statement that is sent
 * after this one sees whether the keys still exist. A statement that takes the lock itself does not, because
 * its snapshot is older than the lock.
 */
export const lockMerchantKeysShared = (tx: Tx, merchantId: MerchantId): Promise<void> =>
  lockShared(tx, name(merchantId));

/**
 * Waits for all transactions that hold the merchant's keys, and blocks new holders until this transaction
 * ends. For transactions that destroy the keys or add a generation: a generation added during a destruction
 * would keep the index key alive.
 */
export const lockMerchantKeys = (tx: Tx, merchantId: MerchantId): Promise<void> =>
  lockExclusive(tx, name(merchantId));
