import type { MerchantId } from '@core/contracts';
import { lockName, shareName, type Tx } from '@core/db';

// A value that is encrypted with keys which another transaction destroys is lost, and its writer has been told that it is
// stored. Rejected: a shared lock of the key's row, which would write to its page, and make a multixact, with each customer.
const name = (merchantId: MerchantId): string => `merchant_keys|${merchantId}`;

/**
 * Keeps the merchant's keys from being destroyed until the transaction ends. A statement that is sent behind it sees
 * whether they still stand; one that holds them itself does not, because its snapshot is older than the lock.
 */
export const holdMerchantKeys = (tx: Tx, merchantId: MerchantId): Promise<void> =>
  shareName(tx, name(merchantId));

/**
 * Waits for all who hold the merchant's keys, and keeps others from holding them until the transaction ends. For a
 * transaction that destroys them, or adds a generation: one that is added meanwhile would keep the index key alive.
 */
export const lockMerchantKeys = (tx: Tx, merchantId: MerchantId): Promise<void> =>
  lockName(tx, name(merchantId));
