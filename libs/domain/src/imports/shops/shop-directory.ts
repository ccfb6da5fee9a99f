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

// A merchant's entries in the directory of shops, which records the owner of each shop. A command that also
// changes a connection writes the directory entry first: commands that meet on one shop then wait for each
// other without deadlock.

/** The entry of a proven shop. */
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

/** @returns false when the directory already had this entry */
export const addToDirectory = async (tx: Tx, entry: ShopEntry): Promise<boolean> =>
  (await tx.run(ENTER, entry)).length > 0;

const LEAVE = statement({
  params: SHOP,
  text: (p) => build.delete(shopDirectory).where(ofShop(shopDirectory, p)),
});

export async function removeFromDirectory(tx: Tx, shop: ShopConnection): Promise<void> {
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

/** Whether the shop still belongs to the merchant, under the same name and number. */
export const hasShop = async (reader: Reader, entry: ShopEntry): Promise<boolean> =>
  (await reader.run(FIND, entry)).length > 0;
