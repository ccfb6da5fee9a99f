import type { MerchantId } from '@core/contracts';
import { lockName, shareName, type Tx } from '@core/db';

// Rows cannot arbitrate here: an erasure of somebody who is not stored yet has no row to lock, and a page that asked
// for tombstones a moment before they were committed would store the person behind the erasure's back.
const gate = (merchantId: MerchantId): string => `erasure|${merchantId}`;

/** For who stores people: call it before reading tombstones. Until COMMIT no erasure of the merchant begins. */
export const holdOffErasures = (tx: Tx, { merchantId }: { merchantId: MerchantId }): Promise<void> =>
  shareName(tx, gate(merchantId));

/**
 * For an erasure: call it before anything else. Waits for the pages and webhooks of the merchant that are on their
 * way, and has the next ones wait until COMMIT; they then see the tombstones.
 */
export const enterErasure = (tx: Tx, { merchantId }: { merchantId: MerchantId }): Promise<void> =>
  lockName(tx, gate(merchantId));
