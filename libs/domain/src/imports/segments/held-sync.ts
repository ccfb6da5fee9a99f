import { and, eq, type SQL } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { build, ONE, segmentSyncs, statement, type Placeholders, type Tx } from '@core/db';
import { Fenced, leaseEnd } from '../lease.ts';

/** A sync of segments to a shop, held by the process that was given this fence. */
export interface SyncRef {
  merchantId: MerchantId;
  syncId: string;
  fence: number;
}

/** The parameters of statements about a held sync: a SyncRef. */
export const SYNC = {
  merchantId: segmentSyncs.merchantId,
  syncId: segmentSyncs.id,
  fence: segmentSyncs.fence,
};

/** The condition for a sync that is held under this fence. */
export const isHeldSync = (p: Placeholders<typeof SYNC>): SQL | undefined =>
  and(
    eq(segmentSyncs.merchantId, p.merchantId),
    eq(segmentSyncs.id, p.syncId),
    eq(segmentSyncs.fence, p.fence),
  );

/** @throws Fenced when a statement about a held sync has found none */
export function requireHeld(rows: readonly unknown[]): void {
  if (rows.length === 0) throw new Fenced('the sync was handed out again, turned off, or has ended');
}

const RENEW = statement({
  params: SYNC,
  row: ONE,
  text: (p, row) =>
    build.update(segmentSyncs).set({ leaseUntil: leaseEnd() }).where(isHeldSync(p)).returning(row),
});

/** Keeps the sync for one more lease. @throws Fenced */
export async function renewSync(tx: Tx, ref: SyncRef): Promise<void> {
  requireHeld(await tx.run(RENEW, ref));
}
