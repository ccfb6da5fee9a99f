import { sql } from 'drizzle-orm';
import { bool, build, float8, nullable, segmentSyncs, statement, text, type Tx } from '@core/db';
import { leaseEnd } from '../lease.ts';
import { isHeldSync, SYNC, type SyncRef } from './held-sync.ts';

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
