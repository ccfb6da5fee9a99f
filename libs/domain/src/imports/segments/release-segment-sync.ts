import { and, eq, sql } from 'drizzle-orm';
import {
  bool,
  build,
  float8,
  nullable,
  ONE,
  relation,
  columns,
  segmentSyncs,
  segmentWrites,
  statement,
  text,
  limit,
  type Tx,
} from '@core/db';
import { leaseEnd } from '../lease.ts';
import { isHeldSync, requireHeld, SYNC, type SyncRef } from './held-sync.ts';

const { completedAt, failures, lastError, definedAt } = segmentSyncs;

const RELEASE = statement({
  params: { ...SYNC, waitMs: float8, isComplete: bool },
  text: (p) =>
    build
      .update(segmentSyncs)
      .set({
        leaseUntil: null,
        nextAt: leaseEnd(p.waitMs),
        completedAt: sql`case when ${p.isComplete} then now() else ${completedAt} end`,
        failures: sql`case when ${p.isComplete} then 0 else ${failures} end`,
        lastError: sql`case when ${p.isComplete} then null else ${lastError} end`,
      })
      .where(isHeldSync(p)),
});

/**
 * Returns a sync for a next turn after `waitMs`. Does nothing when it is no longer held.
 * @param isComplete whether the shop has the segment of every customer
 */
export async function releaseSegmentSync(
  tx: Tx,
  release: SyncRef & { waitMs: number; isComplete: boolean },
): Promise<void> {
  await tx.run(RELEASE, release);
}

const FAIL = statement({
  params: { ...SYNC, waitMs: float8, error: nullable(text), isUndefined: bool },
  text: (p) =>
    build
      .update(segmentSyncs)
      .set({
        leaseUntil: null,
        nextAt: leaseEnd(p.waitMs),
        failures: sql`${failures} + 1`,
        lastError: sql`coalesce(${p.error}, ${lastError})`,
        definedAt: sql`case when ${p.isUndefined} then null else ${definedAt} end`,
      })
      .where(isHeldSync(p)),
});

export interface FailedSync extends SyncRef {
  waitMs: number;
  /** In words for the merchant; null: too early to tell. */
  error: string | null;
  /** Whether the definitions must be created again. */
  isUndefined: boolean;
}

/** Returns a sync whose turn failed, with the reason. Does nothing when it is no longer held. */
export async function failSegmentSync(tx: Tx, failed: FailedSync): Promise<void> {
  await tx.run(FAIL, failed);
}

const CLEAR = statement({
  params: { ...SYNC, waitMs: float8 },
  row: ONE,
  text: (p, row) =>
    build
      .update(segmentSyncs)
      .set({
        state: 'ended',
        customersWritten: 0,
        customersRefused: 0,
        leaseUntil: null,
        nextAt: leaseEnd(p.waitMs),
        lastError: null,
      })
      .where(isHeldSync(p))
      .returning(row),
});

/**
 * Records that the shop has no metafields of the sync any more.
 * @param waitMs how long a later sync of the shop waits: Shopify deletes the values after it has answered
 * @throws Fenced
 */
export async function endRemovedSync(tx: Tx, cleared: SyncRef & { waitMs: number }): Promise<void> {
  requireHeld(await tx.run(CLEAR, cleared));
}

const DELETE_WRITES = statement({
  params: { merchantId: SYNC.merchantId, syncId: SYNC.syncId, most: limit },
  row: ONE,
  text(p, row) {
    const { merchantId, syncId, customerId } = segmentWrites;
    const some = relation('some', { customerId });
    return sql`
      with ${some} as materialized (
        select ${columns({ customerId })} from ${segmentWrites}
         where ${merchantId} = ${p.merchantId} and ${syncId} = ${p.syncId} limit ${p.most})
      delete from ${segmentWrites} using ${some}
       where ${merchantId} = ${p.merchantId} and ${syncId} = ${p.syncId} and ${customerId} = ${some.customerId}
      returning ${row}`;
  },
});

const DELETE_SYNC = statement({
  params: SYNC,
  text: (p) => build.delete(segmentSyncs).where(and(isHeldSync(p), eq(segmentSyncs.state, 'ended'))),
});

const BATCH = 5_000;

/** Deletes the rows of an ended sync, one batch per call, and at last the sync. @returns whether it was */
export async function deleteEndedSync(tx: Tx, ref: SyncRef): Promise<boolean> {
  const deleted = await tx.run(DELETE_WRITES, { ...ref, most: BATCH });
  if (deleted.length === BATCH) return false;
  await tx.run(DELETE_SYNC, ref);
  return true;
}
