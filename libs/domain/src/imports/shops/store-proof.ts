import { and, asc, isNotNull, isNull, sql } from 'drizzle-orm';
import {
  appendAudit,
  build,
  int8,
  limit,
  nullable,
  shopDirectory,
  statement,
  type Actor,
  type Tx,
} from '@core/db';
import { CoreError } from '@core/runtime';
import { notConnected, type ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';
import type { ShopEntry } from './shop-directory.ts';
import { hasOtherOwner } from './shop-owner.ts';

const LOCK = statement({
  params: SHOP,
  row: { proven: sql<boolean>`${isNotNull(shopDirectory.shopId)}` },
  text: (p, row) => build.select(row).from(shopDirectory).where(ofShop(shopDirectory, p)).for('update'),
});

const PROVE = statement({
  params: { ...SHOP, shopId: int8, provenAt: shopDirectory.provenAt },
  text: ({ shopId, provenAt, ...shop }) =>
    build.update(shopDirectory).set({ shopId, provenAt }).where(ofShop(shopDirectory, shop)),
});

/**
 * Records that the shop has proven a connection that was made before proofs existed. The first proven
 * connection of a shop owns it.
 * @throws CoreError failed_precondition: no longer connected, or another merchant has proven the shop
 */
export async function storeProof(
  tx: Tx,
  ctx: Actor,
  { merchantId, shop, shopId, provenAt }: ShopEntry & { provenAt?: Date },
): Promise<void> {
  const [row] = await tx.run(LOCK, { merchantId, shop });
  if (!row) throw notConnected(shop);
  if (row.proven) return;
  if (await hasOtherOwner(tx, merchantId, shop, shopId)) {
    throw new CoreError('failed_precondition', `shop: ${shop} is connected by another merchant`, {
      field: 'shop',
    });
  }
  await tx.run(PROVE, { merchantId, shop, shopId, provenAt });
  await appendAudit(tx, ctx, { merchantId, action: 'shop.prove', detail: { shop, shop_id: shopId } });
}

const LIST_UNPROVEN = statement({
  crosses: 'queues',
  params: { merchantId: nullable(SHOP.merchantId), shop: nullable(SHOP.shop), most: limit },
  row: { merchantId: shopDirectory.merchantId, shop: shopDirectory.shop },
  text(p, row) {
    const { merchantId, shop, shopId } = shopDirectory;
    return build
      .select(row)
      .from(shopDirectory)
      .where(
        and(
          isNull(shopId),
          sql`(${p.shop} is null or (${shop}, ${merchantId}) > (${p.shop}, ${p.merchantId}))`,
        ),
      )
      .orderBy(asc(shop), asc(merchantId))
      .limit(p.most);
  },
});

/**
 * Lists unproven connections of all merchants after `after`, in the directory's order. An importer queries
 * their shops.
 */
export const listUnproven = (
  tx: Tx,
  { after, most }: { after: ShopConnection | undefined; most: number },
): Promise<ShopConnection[]> =>
  tx.run(LIST_UNPROVEN, { merchantId: after?.merchantId, shop: after?.shop, most });
