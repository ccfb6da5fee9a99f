import { and, asc, isNotNull, isNull, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import {
  appendAudit,
  build,
  int8,
  limit,
  nullable,
  shopifyConnections,
  returning,
  statement,
  type Actor,
  type Tx,
} from '@core/db';
import { CoreError } from '@core/runtime';
import { notConnected, type ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

const other = alias(shopifyConnections, 'other');

const LOCK = statement({
  crosses: 'shops',
  params: SHOP,
  text(p) {
    const row = {
      proven: sql<boolean>`${isNotNull(shopifyConnections.shopId)}`,
      taken: sql<boolean>`exists (
        select from ${shopifyConnections} as ${other}
         where ${other.shop} = ${p.shop} and ${isNotNull(other.shopId)} and ${other.merchantId} <> ${p.merchantId})`,
    };
    return returning(row, (fields) =>
      build.select(fields).from(shopifyConnections).where(ofShop(shopifyConnections, p)).for('update'),
    );
  },
});

const PROVE = statement({
  params: { ...SHOP, shopId: int8 },
  text: (p) =>
    build.update(shopifyConnections).set({ shopId: p.shopId }).where(ofShop(shopifyConnections, p)),
});

/**
 * Records that the shop has proven a connection that was made before proofs existed. The first proven
 * connection of a shop owns it. Runs in a transaction without a merchant, because connections of other
 * merchants count too.
 * @throws CoreError failed_precondition: no longer connected, or another merchant has proven the shop
 */
export async function storeProof(
  tx: Tx,
  ctx: Actor,
  { merchantId, shop, shopId }: ShopConnection & { shopId: string },
): Promise<void> {
  const [row] = await tx.run(LOCK, { merchantId, shop });
  if (!row) throw notConnected(shop);
  if (row.proven) return;
  if (row.taken) {
    throw new CoreError('failed_precondition', `shop: ${shop} is connected by another merchant`, {
      field: 'shop',
    });
  }
  await tx.run(PROVE, { merchantId, shop, shopId });
  await appendAudit(tx, ctx, { merchantId, action: 'shop.prove', detail: { shop, shop_id: shopId } });
}

const LIST_UNPROVEN = statement({
  crosses: 'queues',
  params: { merchantId: nullable(SHOP.merchantId), shop: nullable(SHOP.shop), most: limit },
  row: SHOP,
  text(p, row) {
    const { merchantId, shop } = shopifyConnections;
    return build
      .select(row)
      .from(shopifyConnections)
      .where(
        and(
          isNull(shopifyConnections.shopId),
          sql`(${p.merchantId} is null or (${merchantId}, ${shop}) > (${p.merchantId}, ${p.shop}))`,
        ),
      )
      .orderBy(asc(merchantId), asc(shop))
      .limit(p.most);
  },
});

/** Unproven connections after `after`, in order. */
export const listUnproven = (
  tx: Tx,
  { after, most }: { after: ShopConnection | undefined; most: number },
): Promise<ShopConnection[]> =>
  tx.run(LIST_UNPROVEN, { merchantId: after?.merchantId, shop: after?.shop, most });
