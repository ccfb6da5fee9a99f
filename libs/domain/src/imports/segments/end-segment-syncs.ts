import { and, eq, lt, ne, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import {
  assign,
  build,
  insertValues,
  ONE,
  relation,
  segmentSyncs,
  segmentWrites,
  shopDirectory,
  statement,
  type SegmentSyncState,
  type Tx,
} from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from '../shops/of-shop.ts';

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
  row: { state: sql<SegmentSyncState>`${before.state}` },
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
 * @returns whether it was on
 */
export async function endSegmentSyncs(tx: Tx, { merchantId, shop }: ShopConnection): Promise<boolean> {
  const ended = await tx.run(END, { merchantId, shop });
  return ended.some(({ state }) => state === 'on');
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
export async function endEarlierSegmentSyncs(
  tx: Tx,
  { merchantId, shop, generation }: ShopConnection & { generation: number },
): Promise<void> {
  await tx.run(END_EARLIER, { merchantId, shop, generation });
}

const TURN_ON = statement({
  params: SHOP,
  text: ({ merchantId, shop }) =>
    sql`${insertValues(segmentSyncs, { merchantId, shop })} on conflict do nothing`,
});

export async function startSegmentSync(tx: Tx, { merchantId, shop }: ShopConnection): Promise<void> {
  await tx.run(TURN_ON, { merchantId, shop });
}

/** Writes all segments again, because an uninstall that is reported late may have removed them. */
export async function restartSegmentSync(tx: Tx, shop: ShopConnection): Promise<void> {
  if (await endSegmentSyncs(tx, shop)) await startSegmentSync(tx, shop);
}

const RENAMED = { ...SHOP, newShop: SHOP.shop };

const END_REPLACED = statement({
  params: RENAMED,
  text(p) {
    const other = alias(segmentSyncs, 'other');
    const isReplaced = sql`exists (select from ${segmentSyncs} as ${other}
      where ${and(ofShop(other, { ...p, shop: p.newShop }), eq(other.state, 'on'))})`;
    return build
      .update(segmentSyncs)
      .set(ENDED)
      .where(and(ofShop(segmentSyncs, p), eq(segmentSyncs.state, 'on'), isReplaced));
  },
});

const MOVE = statement({
  params: RENAMED,
  row: ONE,
  text: (p, row) =>
    build
      .update(segmentSyncs)
      .set({ shop: p.newShop, fence: sql`${segmentSyncs.fence} + 1`, leaseUntil: null, nextAt: sql`now()` })
      .where(ofShop(segmentSyncs, p))
      .returning(row),
});

const MOVE_WRITES = statement({
  params: RENAMED,
  text: (p) => build.update(segmentWrites).set({ shop: p.newShop }).where(ofShop(segmentWrites, p)),
});

/** Moves the writing of segments with a renamed shop. One that is on under the new name replaces it. */
export async function moveSegmentSyncs(
  tx: Tx,
  { merchantId, shop }: ShopConnection,
  newShop: string,
): Promise<void> {
  await tx.run(END_REPLACED, { merchantId, shop, newShop });
  const moved = await tx.run(MOVE, { merchantId, shop, newShop });
  if (moved.length > 0) await tx.run(MOVE_WRITES, { merchantId, shop, newShop });
}
