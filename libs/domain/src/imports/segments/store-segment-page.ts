import { and, eq, isNull, sql } from 'drizzle-orm';
import type { CustomerId } from '@core/contracts';
import {
  assign,
  bare,
  build,
  columns,
  customers,
  excluded,
  insertSelect,
  instantOf,
  int8,
  many,
  nullable,
  ONE,
  oneOf,
  relation,
  segmentSyncs,
  segmentWrites,
  statement,
  text,
  unnest,
  type Tx,
} from '@core/db';
import { lockErasureShared } from '../../customers/index.ts';
import { isHeldSync, requireHeld, SYNC, type SyncRef } from './held-sync.ts';
import type { SegmentCursor, ShopSegment } from './read-segment-page.ts';

/** The shop's answer about a customer. */
export interface SegmentOutcome extends ShopSegment {
  customerId: CustomerId;
  /** Shopify's code; null: the shop has the values. */
  refused: string | null;
}

export interface StoreSegmentPage extends SyncRef {
  outcomes: readonly SegmentOutcome[];
  /** Customers whose metafields the shop no longer has. */
  removed: readonly CustomerId[];
  /** By how much the numbers of customers have changed. */
  counts: { written: number; refused: number };
  next: SegmentCursor;
}

const STORE = statement({
  params: {
    merchantId: segmentWrites.merchantId,
    syncId: SYNC.syncId,
    fence: SYNC.fence,
    customerIds: many(segmentWrites.customerId),
    shopCustomers: many(int8),
    segments: many(text),
    scores: many(text),
    refusals: many(nullable(text)),
  },
  text(p) {
    const told = unnest('told', {
      customerId: p.customerIds,
      shopCustomer: p.shopCustomers,
      segment: p.segments,
      score: p.scores,
      refused: p.refusals,
    });
    // A person who was erased meanwhile: only the number stays, to delete the metafields by it.
    const known = relation('known', { erasedAt: customers.erasedAt });
    const unlessErased = (value: ReturnType<typeof sql>) =>
      sql`case when ${known.erasedAt} is null then ${value} end`;
    const { merchantId, syncId, customerId, shopCustomer, refused } = segmentWrites;
    return sql`
      ${insertSelect(segmentWrites, {
        merchantId: p.merchantId,
        syncId: p.syncId,
        customerId: told.customerId,
        shop: segmentSyncs.shop,
        shopCustomer: told.shopCustomer,
        writtenSegment: unlessErased(told.segment),
        writtenScore: unlessErased(told.score),
        refused: told.refused,
      })}
        from ${told}
       cross join lateral (
             select ${columns({ erasedAt: customers.erasedAt })} from ${customers}
              where ${customers.merchantId} = ${p.merchantId} and ${customers.id} = ${told.customerId}
              limit 1) as ${known}
        join ${segmentSyncs} on ${isHeldSync(p)}
       order by ${told.customerId}
      on conflict (${bare(merchantId, syncId, customerId)}) do update set ${assign(segmentWrites, {
        shopCustomer: excluded(shopCustomer),
        writtenSegment: excluded(segmentWrites.writtenSegment),
        writtenScore: excluded(segmentWrites.writtenScore),
        refused: excluded(refused),
      })}`;
  },
});

const FORGET = statement({
  params: { merchantId: SYNC.merchantId, syncId: SYNC.syncId, customerIds: many(segmentWrites.customerId) },
  text: (p) =>
    build
      .delete(segmentWrites)
      .where(
        and(
          eq(segmentWrites.merchantId, p.merchantId),
          eq(segmentWrites.syncId, p.syncId),
          oneOf(segmentWrites.customerId, p.customerIds),
        ),
      ),
});

const ADVANCE = statement({
  params: { ...SYNC, changedAt: instantOf, changedId: segmentSyncs.changedId, written: int8, refused: int8 },
  row: ONE,
  text: (p, row) =>
    build
      .update(segmentSyncs)
      .set({
        changedAt: sql`${p.changedAt}`,
        changedId: p.changedId,
        customersWritten: sql`greatest(0, ${segmentSyncs.customersWritten} + ${p.written})`,
        customersRefused: sql`greatest(0, ${segmentSyncs.customersRefused} + ${p.refused})`,
        failures: 0,
        lastError: null,
      })
      .where(isHeldSync(p))
      .returning(row),
});

/**
 * Stores what the shop has of the customers of a page, with the cursor. After a crash in between, the page
 * is compared and written again: a metafield that is set twice to one value is the same.
 * @throws Fenced
 */
export async function storeSegmentPage(tx: Tx, input: StoreSegmentPage): Promise<void> {
  const { merchantId, syncId, fence, outcomes, removed, counts, next } = input;
  // Before the row of the sync is locked: an erasure holds its lock first and the row after it.
  await lockErasureShared(tx, { merchantId });
  requireHeld(await tx.run(ADVANCE, { merchantId, syncId, fence, ...next, ...counts }));
  if (removed.length > 0) await tx.run(FORGET, { merchantId, syncId, customerIds: removed });
  if (outcomes.length === 0) return;
  await tx.run(STORE, {
    merchantId,
    syncId,
    fence,
    customerIds: outcomes.map((each) => each.customerId),
    shopCustomers: outcomes.map((each) => each.shopCustomer),
    segments: outcomes.map((each) => each.segment),
    scores: outcomes.map((each) => each.score),
    refusals: outcomes.map((each) => each.refused),
  });
}

const DEFINED = statement({
  params: SYNC,
  row: ONE,
  text: (p, row) =>
    build
      .update(segmentSyncs)
      .set({ definedAt: sql`now()` })
      .where(and(isHeldSync(p), isNull(segmentSyncs.definedAt)))
      .returning(row),
});

/** Records that the shop has the definitions of the metafields. @throws Fenced */
export async function storeSegmentsDefined(tx: Tx, ref: SyncRef): Promise<void> {
  requireHeld(await tx.run(DEFINED, ref));
}
