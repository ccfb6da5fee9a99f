import type { MerchantId } from '@core/contracts';
import { lockExclusive, lockShared, type Tx } from '@core/db';

// Row locks cannot arbitrate here. The erasure of a person who is not stored yet has no row to lock, and a
// page that read the tombstones just before they were committed would store the person after the erasure.
const gate = (merchantId: MerchantId): string => `erasure|${merchantId}`;

// Erasure and tombstone: docs/glossary.md#privacy-and-keys.
/**
 * For transactions that store people: call it before reading tombstones. Until COMMIT no erasure of the
 * merchant starts.
 */
export const lockErasureShared = (tx: Tx, { merchantId }: { merchantId: MerchantId }): Promise<void> =>
  lockShared(tx, gate(merchantId));

/**
 * For an erasure: call it before anything else. Waits for the merchant's pages and webhooks in progress, and
 * blocks the next ones until COMMIT; they then see the tombstones.
 */
export const lockErasureExclusive = (tx: Tx, { merchantId }: { merchantId: MerchantId }): Promise<void> =>
  lockExclusive(tx, gate(merchantId));
