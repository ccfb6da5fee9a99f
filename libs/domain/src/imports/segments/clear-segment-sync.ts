import { and, eq, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { build, float8, limit, ONE, oneOf, segmentSyncs, segmentWrites, statement, type Tx } from '@core/db';
import { leaseEnd } from '../lease.ts';
import { isHeldSync, renewSync, requireHeld, SYNC, type SyncRef } from './held-sync.ts';

const { shop, settlesAt } = segmentSyncs;

/** SQL for the milliseconds during which the shop may still delete what is written. */
export const settlesInMs = sql<number>`
  coalesce(greatest(0, extract(epoch from ${settlesAt} - now()) * 1000), 0)::float8`;

const BEGIN = statement({
  params: { ...SYNC, settleMs: float8 },
  row: ONE,
  text: (p, row) =>
    build
      .update(segmentSyncs)
      .set({ definedAt: null, settlesAt: sql`greatest(${settlesAt}, ${leaseEnd(p.settleMs)})` })
      .where(isHeldSync(p))
      .returning(row),
});

/**
 * Records that the definitions are about to be removed from the shop: after a crash it is not known
 * whether they were.
 * @param cleared settleMs: for how long the shop may delete metafields after its answer
 * @throws Fenced
 */
export async function beginClearing(tx: Tx, cleared: SyncRef & { settleMs: number }): Promise<void> {
  requireHeld(await tx.run(BEGIN, cleared));
}

const DELETE_WRITES = statement({
  params: { merchantId: SYNC.merchantId, syncId: SYNC.syncId, most: limit },
  row: ONE,
  text(p, row) {
    // An array, and no join: without statistics of the table, PostgreSQL might read all of it for each row.
    const { merchantId, syncId, customerId } = segmentWrites;
    const isOfSync = and(eq(merchantId, p.merchantId), eq(syncId, p.syncId));
    const some = sql`array(select ${customerId} from ${segmentWrites} where ${isOfSync} limit ${p.most})`;
    return build
      .delete(segmentWrites)
      .where(and(isOfSync, oneOf(customerId, some)))
      .returning(row);
  },
});

const BATCH = 5_000;

/**
 * Deletes the rows about the shop's customers, one batch per call.
 * @returns whether none is left
 * @throws Fenced
 */
export async function deleteSegmentWrites(tx: Tx, ref: SyncRef): Promise<boolean> {
  // Locks the row: a sync that was turned on again by now keeps what it stores.
  await renewSync(tx, ref);
  const { merchantId, syncId } = ref;
  const deleted = await tx.run(DELETE_WRITES, { merchantId, syncId, most: BATCH });
  return deleted.length < BATCH;
}

const CLEARED = statement({
  params: { ...SYNC, settleMs: float8 },
  row: { settlesInMs },
  text(p, row) {
    const other = alias(segmentSyncs, 'other');
    const otherSettlesAt = sql`(
      select max(${other.settlesAt}) from ${segmentSyncs} as ${other}
       where ${and(eq(other.merchantId, p.merchantId), eq(other.shop, shop))})`;
    return build
      .update(segmentSyncs)
      .set({
        clearedAt: sql`now()`,
        // Also that of an ended sync, whose removal the shop may not have completed.
        settlesAt: sql`greatest(${settlesAt}, ${otherSettlesAt}, ${leaseEnd(p.settleMs)})`,
        definedAt: null,
        changedAt: sql`default`,
        changedId: sql`default`,
        customersWritten: 0,
        customersRefused: 0,
        completedAt: null,
        failures: 0,
        lastError: null,
      })
      .where(isHeldSync(p))
      .returning(row);
  },
});

/**
 * Records that the shop has no metafields, and begins with the first customer again.
 * @param cleared settleMs: as beginClearing; 0 when the shop had none
 * @returns the milliseconds during which it may still delete what is written
 * @throws Fenced
 */
export async function storeCleared(tx: Tx, cleared: SyncRef & { settleMs: number }): Promise<number> {
  const rows = await tx.run(CLEARED, cleared);
  requireHeld(rows);
  return rows[0]?.settlesInMs ?? 0;
}

const DELETE = statement({
  params: SYNC,
  text: (p) => build.delete(segmentSyncs).where(isHeldSync(p)),
});

/** Deletes a sync of which nothing is left. Does nothing when it is no longer held. */
export async function deleteSegmentSync(tx: Tx, ref: SyncRef): Promise<void> {
  await tx.run(DELETE, ref);
}
