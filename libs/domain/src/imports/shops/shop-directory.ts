import { and, eq, sql } from 'drizzle-orm';
import {
  assign,
  bare,
  build,
  insertSelect,
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

const PROVEN = {
  generation: shopDirectory.generation,
  provenAt: shopDirectory.provenAt,
};

const ENTER = statement({
  params: { ...ENTRY, ...PROVEN },
  text: ({ merchantId, shop, ...proven }) => sql`
    ${insertValues(shopDirectory, { merchantId, shop, ...proven })}
    on conflict (${bare(shopDirectory.shop, shopDirectory.merchantId)})
    do update set ${assign(shopDirectory, { ...proven, endedAt: sql`null`, endReason: sql`null` })}`,
});

/** A proof of a shop's connection. */
export interface Proof {
  /** The installation of the app that the token belongs to. */
  generation: number;
  /** When the shop accepted the token, by Shopify's clock. */
  provenAt: Date;
}

/** Adds a proven shop to the directory, or renews its entry. The shop counts as connected again. */
export async function addToDirectory(tx: Tx, entry: ShopEntry & Proof): Promise<void> {
  await tx.run(ENTER, entry);
}

const RENAME = statement({
  params: { ...ENTRY, newShop: SHOP.shop },
  row: ONE,
  text({ merchantId, shop, newShop, shopId }, row) {
    const { generation, provenAt, endedAt, endReason } = shopDirectory;
    return sql`
      ${insertSelect(shopDirectory, { merchantId, shop: newShop, shopId, generation, provenAt, endedAt, endReason })}
        from ${shopDirectory} where ${ofShop(shopDirectory, { merchantId, shop })}
      on conflict (${bare(shopDirectory.shop, shopDirectory.merchantId)})
      do update set ${assign(shopDirectory, { shopId })} where ${shopDirectory.shopId} is distinct from ${shopId}
      returning ${row}`;
  },
});

/** Copies an entry to the shop's new name. @returns false when the directory already had the new entry */
export const renameInDirectory = async (tx: Tx, entry: ShopEntry & { newShop: string }): Promise<boolean> =>
  (await tx.run(RENAME, entry)).length > 0;

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
