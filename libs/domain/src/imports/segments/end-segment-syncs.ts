import { and, lt, ne, sql } from 'drizzle-orm';
import {
  assign,
  build,
  ONE,
  relation,
  segmentSyncs,
  segmentWrites,
  shopDirectory,
  statement,
  type Tx,
} from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from '../shops/of-shop.ts';
import { turnSegmentSync } from './turn-segment-sync.ts';

/** The row before a statement, as RETURNING names it. */
const before = relation('old', { state: segmentSyncs.state });

/** An ended sync: nothing is sent any more, and a process that is writing stores nothing any more. */
const ENDED = {
  state: 'ended' as const,
  fence: sql`${segmentSyncs.fence} + 1`,
  leaseUntil: null,
  nextAt: sql`now()`,
};

const END = statement({
  params: SHOP,
  row: { state: sql<'on' | 'off'>`${before.state}` },
  text: (p, row) => sql`
    update ${segmentSyncs} set ${assign(segmentSyncs, {
      state: sql`'ended'`,
      fence: sql`${segmentSyncs.fence} + 1`,
      leaseUntil: sql`null`,
      nextAt: sql`now()`,
    })}
     where ${and(ofShop(segmentSyncs, p), ne(segmentSyncs.state, 'ended'))}
    returning ${row}`,
});

/**
 * Ends the writing of segments with the connection of the shop. The importers delete the rows: a large shop
 * has a million, and the caller's transaction is short.
 * @returns whether it was on or off; null: there was none
 */
export async function endSegmentSync(
  tx: Tx,
  { merchantId, shop }: ShopConnection,
): Promise<'on' | 'off' | null> {
  const [ended] = await tx.run(END, { merchantId, shop });
  return ended?.state ?? null;
}

const END_EARLIER = statement({
  params: { ...SHOP, generation: shopDirectory.generation },
  text: (p) =>
    build
      .update(segmentSyncs)
      .set(ENDED)
      .where(
        and(
          ofShop(segmentSyncs, p),
          ne(segmentSyncs.state, 'ended'),
          sql`exists (select from ${shopDirectory}
                       where ${and(ofShop(shopDirectory, p), lt(shopDirectory.generation, p.generation))})`,
        ),
      ),
});

/** Ends the writing of segments if the shop is being connected in a later installation of the app. */
export async function endEarlierSegmentSync(
  tx: Tx,
  { merchantId, shop, generation }: ShopConnection & { generation: number },
): Promise<void> {
  await tx.run(END_EARLIER, { merchantId, shop, generation });
}

/** Begins again, because what the shop has is not known any more. */
export async function restartSegmentSync(tx: Tx, shop: ShopConnection): Promise<void> {
  const state = await endSegmentSync(tx, shop);
  if (state) await turnSegmentSync(tx, { ...shop, state });
}

const RENAMED = { ...SHOP, newShop: SHOP.shop };

const MOVE = statement({
  params: RENAMED,
  row: ONE,
  text: (p, row) =>
    build
      .update(segmentSyncs)
      .set({ shop: p.newShop, fence: sql`${segmentSyncs.fence} + 1`, nextAt: sql`now()` })
      .where(ofShop(segmentSyncs, p))
      .returning(row),
});

const MOVE_WRITES = statement({
  params: RENAMED,
  text: (p) => build.update(segmentWrites).set({ shop: p.newShop }).where(ofShop(segmentWrites, p)),
});

/**
 * Moves the writing of segments with a renamed shop. If the new name has one, both have written to the shop:
 * that of the new name begins again.
 */
export async function moveSegmentSync(
  tx: Tx,
  { merchantId, shop }: ShopConnection,
  newShop: string,
): Promise<void> {
  const state = await endSegmentSync(tx, { merchantId, shop: newShop });
  if (state) await endSegmentSync(tx, { merchantId, shop });
  const moved = await tx.run(MOVE, { merchantId, shop, newShop });
  if (moved.length > 0) await tx.run(MOVE_WRITES, { merchantId, shop, newShop });
  if (state) await turnSegmentSync(tx, { merchantId, shop: newShop, state });
}
