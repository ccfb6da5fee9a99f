import { and, asc, eq, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
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
import type { SyncRef } from './held-sync.ts';

export interface ClaimedSync extends SyncRef {
  shop: string;
  state: SegmentSyncState;
  /** Whether the shop has the definitions of the metafields. */
  isDefined: boolean;
  /** Failures in a row before this turn. */
  failures: number;
}

const { merchantId, id, shop, state, definedAt, failures, fence, leaseUntil, nextAt } = segmentSyncs;

const CLAIM = statement({
  crosses: 'queues',
  params: { most: limit },
  row: {
    merchantId,
    syncId: id,
    fence,
    shop,
    state,
    isDefined: sql<boolean>`${definedAt} is not null`,
    failures,
  },
  text(p, row) {
    const dueRow = { merchantId, id };
    const due = relation('due', dueRow);
    const earlier = alias(segmentSyncs, 'earlier');
    // The metafields of an earlier sync are removed first: afterwards, the removal would take those of this
    // one with it.
    const waits = sql`exists (
      select from ${segmentSyncs} as ${earlier}
       where ${and(
         eq(earlier.merchantId, merchantId),
         eq(earlier.shop, shop),
         sql`${earlier.createdAt} < ${segmentSyncs.createdAt}`,
       )})`;
    return sql`
      with ${due} as materialized (
        select ${columns(dueRow)} from ${segmentSyncs}
         where ${nextAt} <= now() and (${leaseUntil} is null or ${leaseUntil} < now()) and not ${waits}
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
