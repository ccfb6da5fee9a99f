import { asc, sql } from 'drizzle-orm';
import {
  assign,
  columns,
  limit,
  relation,
  segmentSyncs,
  statement,
  type SegmentSyncState,
  type Tx,
} from '@core/db';
import { leaseEnd } from '../lease.ts';
import { settlesInMs } from './clear-segment-sync.ts';
import type { SyncRef } from './held-sync.ts';

export interface ClaimedSync extends SyncRef {
  shop: string;
  state: SegmentSyncState;
  /** Whether the shop was seen without metafields of an earlier sync, and this one is not being removed. */
  isCleared: boolean;
  /** Milliseconds during which the shop may still delete what is written. */
  settlesInMs: number;
  /** Whether the shop has the definitions of the metafields. */
  isDefined: boolean;
  /** Failures in a row before this turn. */
  failures: number;
}

const { merchantId, id, shop, state, clearedAt, definedAt, failures, fence, leaseUntil, nextAt } =
  segmentSyncs;

const CLAIM = statement({
  crosses: 'queues',
  params: { most: limit },
  row: {
    merchantId,
    syncId: id,
    fence,
    shop,
    state,
    isCleared: sql<boolean>`${clearedAt} is not null`,
    settlesInMs,
    isDefined: sql<boolean>`${definedAt} is not null`,
    failures,
  },
  text(p, row) {
    const dueRow = { merchantId, id };
    const due = relation('due', dueRow);
    return sql`
      with ${due} as materialized (
        select ${columns(dueRow)} from ${segmentSyncs}
         where ${nextAt} <= now() and (${leaseUntil} is null or ${leaseUntil} < now())
         order by ${asc(nextAt)} limit ${p.most} for update of ${segmentSyncs} skip locked)
      update ${segmentSyncs} set ${assign(segmentSyncs, { fence: sql`${fence} + 1`, leaseUntil: leaseEnd() })}
        from ${due}
       where ${merchantId} = ${due.merchantId} and ${id} = ${due.id}
      returning ${row}`;
  },
});

/**
 * Claims syncs that are due and have no holder, the longest due first. Each gets a higher fence, so that a
 * former holder cannot store anything any more. One locking statement, as claimSlices.
 */
export const claimSegmentSyncs = (tx: Tx, input: { most: number }): Promise<ClaimedSync[]> =>
  tx.run(CLAIM, input);
