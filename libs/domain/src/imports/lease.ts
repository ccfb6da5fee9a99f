import type { Tx } from '@core/db';

/** One page of one slice, in the hands of whoever was given this fence. Ids and numbers only. */
export interface PageRef {
  merchantId: string;
  importId: string;
  slice: number;
  fence: number;
  /** Pages committed before it. */
  page: number;
}

/**
 * How long a silent holder keeps a slice: what a killed importer costs a run. Live ones renew it several
 * times over, so it need not cover the slowest page.
 */
export const LEASE_MS = 15_000;

/** The slice was handed out anew, or its run has ended: nothing of this page may be written. */
export class Fenced extends Error {
  override name = 'Fenced';
}

const HELD = 'merchant_id = $1 and import_id = $2 and slice = $3 and fence = $4';
const held = ({ merchantId, importId, slice, fence }: PageRef) => [merchantId, importId, slice, fence];

/**
 * Keeps the slice for `ms` and a lease more; call it first in any transaction that writes for a page.
 * @throws Fenced
 */
export async function renewLease(tx: Tx, page: PageRef, ms = 0): Promise<void> {
  const renewed = await tx.query(
    `update customer_import_slices set lease_until = now() + $5 * interval '1 millisecond'
      where ${HELD} returning 1`,
    [...held(page), LEASE_MS + ms],
  );
  if (renewed.length === 0) throw new Fenced('the slice is no longer ours');
}

/** Gives a slice back, so that it is handed out at once; nothing happens when its page has moved on. */
export async function releaseLease(tx: Tx, page: PageRef): Promise<void> {
  await tx.query(`update customer_import_slices set lease_until = null where ${HELD} and page = $5`, [
    ...held(page),
    page.page,
  ]);
}
