import { sql } from 'drizzle-orm';
import { shopifyNumber, type CustomerId, type ExternalId } from '@core/contracts';
import {
  build,
  columns,
  customers,
  instantOf,
  isLive,
  limit,
  relation,
  returning,
  segmentSyncs,
  segmentWrites,
  statement,
  type Tx,
} from '@core/db';
import { rfc3339 } from '../../core/index.ts';
import { isHeldSync, requireHeld, SYNC, type SyncRef } from './held-sync.ts';

/** The values of a customer in the shop. */
export interface ShopSegment {
  /** The number in gid://shopify/Customer/7. */
  shopCustomer: string;
  segment: string;
  score: string;
}

/** The values that the shop has of a customer; null after an erasure. */
export interface WrittenSegment {
  shopCustomer: string;
  segment: string | null;
  score: string | null;
  /** Shopify's code, if the shop has refused the values. */
  refused: string | null;
}

/** A customer who has changed since the last page. */
export interface SegmentRow {
  customerId: CustomerId;
  /** Null: without a score, deleted, erased, or no customer of a shop. */
  wanted: ShopSegment | null;
  /** Null: nothing. */
  written: WrittenSegment | null;
}

/** A place in the order of changes. */
export interface SegmentCursor {
  changedAt: string;
  changedId: CustomerId;
}

export interface SegmentPage {
  rows: SegmentRow[];
  /** Null: nothing has changed. */
  next: SegmentCursor | null;
}

const FIND_CURSOR = statement({
  params: SYNC,
  row: { changedAt: rfc3339(segmentSyncs.changedAt), changedId: segmentSyncs.changedId },
  text: (p, row) => build.select(row).from(segmentSyncs).where(isHeldSync(p)),
});

const COMPLETE_UNTIL = statement({
  text: () =>
    returning({ until: rfc3339(sql`customer_changes_complete_until()`) }, (row) => sql`select ${row}`),
});

const { merchantId, id, externalId, updatedAt, rfmScore } = customers;
const live = <T>(field: ReturnType<typeof sql<T>>) => sql<T>`case when ${isLive()} then ${field} end`;

/**
 * Looks up what is written customer by customer, in a lateral join: while segment_writes fills for the first
 * time, PostgreSQL has no statistics of it, and would read all of it for every customer.
 */
const PAGE = statement({
  params: {
    merchantId,
    syncId: SYNC.syncId,
    changedAt: instantOf,
    changedId: id,
    until: instantOf,
    most: limit,
  },
  text(p) {
    const changed = {
      id,
      updatedAt,
      externalId: live(sql<ExternalId | null>`${externalId}`),
      segment: live(sql<string | null>`${rfmScore} ->> 'segment'`),
      score: live(sql<string | null>`${rfmScore} ->> 'score'`),
    };
    const writes = {
      shopCustomer: sql<string | null>`${segmentWrites.shopCustomer}::text`,
      writtenSegment: sql<string | null>`${segmentWrites.writtenSegment}`,
      writtenScore: sql<string | null>`${segmentWrites.writtenScore}`,
      refused: sql<string | null>`${segmentWrites.refused}`,
    };
    const page = relation('page', changed);
    const written = relation('written', writes);
    const shape = {
      customerId: page.id,
      changedAt: rfc3339(page.updatedAt),
      externalId: page.externalId,
      segment: page.segment,
      score: page.score,
      shopCustomer: written.shopCustomer,
      writtenSegment: written.writtenSegment,
      writtenScore: written.writtenScore,
      refused: written.refused,
    };
    return returning(
      shape,
      (row) => sql`
      with ${page} as materialized (
        select ${columns(changed)} from ${customers}
         where ${merchantId} = ${p.merchantId}
           and (${updatedAt}, ${id}) > (${p.changedAt}, ${p.changedId})
           and ${updatedAt} < ${p.until}
         order by ${merchantId}, ${updatedAt}, ${id}
         limit ${p.most})
      select ${row}
        from ${page}
        left join lateral (
             select ${columns(writes)} from ${segmentWrites}
              where ${segmentWrites.merchantId} = ${p.merchantId}
                and ${segmentWrites.syncId} = ${p.syncId}
                and ${segmentWrites.customerId} = ${page.id}
              limit 1) as ${written} on true
       order by ${page.updatedAt}, ${page.id}`,
    );
  },
});

/**
 * Returns the customers that have changed after the sync's cursor, in the order of their changes. It ends at
 * the watermark of the moment (ADR 12), so the cursor may pass what was read: no earlier change is missing.
 * Deletions, merges and erasures are changes, too. A separate statement reads the watermark: one statement
 * for both would see the customers as they were before it.
 * @throws Fenced
 */
export async function readSegmentPage(
  tx: Tx,
  { most, ...ref }: SyncRef & { most: number },
): Promise<SegmentPage> {
  const [cursor] = await tx.run(FIND_CURSOR, ref);
  requireHeld(cursor ? [cursor] : []);
  const [complete] = await tx.run(COMPLETE_UNTIL);
  if (!cursor || !complete) throw new Error('the primary returned no watermark');
  await tx.readInIndexOrder();
  const { merchantId, syncId } = ref;
  const read = await tx.run(PAGE, { merchantId, syncId, ...cursor, until: complete.until, most });
  const last = read.at(-1);
  return {
    rows: read.map(({ customerId, shopCustomer, writtenSegment, writtenScore, refused, ...row }) => ({
      customerId,
      wanted: wantedOf(row),
      written: shopCustomer && { shopCustomer, segment: writtenSegment, score: writtenScore, refused },
    })) as SegmentRow[],
    next: last ? { changedAt: last.changedAt, changedId: last.customerId } : null,
  };
}

/** A metafield has no blank value: a customer without a segment has no metafields. */
function wantedOf(row: {
  externalId: ExternalId | null;
  segment: string | null;
  score: string | null;
}): ShopSegment | null {
  const shopCustomer = row.externalId && shopifyNumber(row.externalId);
  const segment = row.segment?.trim();
  const score = row.score?.trim();
  return shopCustomer && segment && score ? { shopCustomer, segment, score } : null;
}
