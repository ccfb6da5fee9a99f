import type { Tx } from '@core/db';

// Rows cannot arbitrate here: an erasure of somebody who is not stored yet has no row to lock, and a page that asked
// for tombstones a moment before they were committed would store the person behind the erasure's back.
const GATE = `hashtextextended('erasure|' || $1::text, 0)`;

/** For who stores people: call it before reading tombstones. Until COMMIT no erasure of the merchant begins. */
export const holdOffErasures = async (tx: Tx, merchantId: string): Promise<void> => {
  await tx.query(`select pg_advisory_xact_lock_shared(${GATE})`, [merchantId]);
};

/**
 * For an erasure: call it before anything else. Waits for the pages and webhooks of the merchant that are on their
 * way, and has the next ones wait until COMMIT; they then see the tombstones.
 */
export const enterErasure = async (tx: Tx, merchantId: string): Promise<void> => {
  await tx.query(`select pg_advisory_xact_lock(${GATE})`, [merchantId]);
};
