import { and, eq, sql } from 'drizzle-orm';
import {
  assign,
  bare,
  build,
  insertValues,
  int8,
  ONE,
  shopDirectory,
  statement,
  type Reader,
  type Tx,
} from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

// A merchant's entries in the directory of shops, which says whose a shop is. Whoever changes a connection as well writes
// its entry first: commands that meet over a shop then wait for each other, and none for ever.

/** An entry of a shop that is proven. */
export interface ShopEntry extends ShopConnection {
  shopId: string;
}

const ENTRY = { ...SHOP, shopId: int8 };

const ENTER = statement({
  params: ENTRY,
  row: ONE,
  text: (p, row) => sql`
    ${insertValues(shopDirectory, p)}
    on conflict (${bare(shopDirectory.shop, shopDirectory.merchantId)})
    do update set ${assign(shopDirectory, { shopId: p.shopId })}
    where ${shopDirectory.shopId} is distinct from ${p.shopId}
    returning ${row}`,
});

/** @returns false when the directory said so before */
export const enterShop = async (tx: Tx, entry: ShopEntry): Promise<boolean> =>
  (await tx.run(ENTER, entry)).length > 0;

const LEAVE = statement({
  params: SHOP,
  text: (p) => build.delete(shopDirectory).where(ofShop(shopDirectory, p)),
});

export async function leaveShop(tx: Tx, shop: ShopConnection): Promise<void> {
  await tx.run(LEAVE, shop);
}

const FIND = statement({
  params: ENTRY,
  row: ONE,
  text: (p, row) =>
    build
      .select(row)
      .from(shopDirectory)
      .where(and(ofShop(shopDirectory, p), eq(shopDirectory.shopId, p.shopId))),
});

/** Whether the shop is the merchant's still, by the same name and number. */
export const hasShop = async (reader: Reader, entry: ShopEntry): Promise<boolean> =>
  (await reader.run(FIND, entry)).length > 0;
