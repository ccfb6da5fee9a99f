import { appendAudit, type Actor, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import { notConnected, type ShopConnection } from '../access-token.ts';

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
  const [row] = await tx.query<{ proven: boolean; taken: boolean }>(
    `select shop_id is not null as proven,
            exists (select from shopify_connections other
                     where other.shop = $2 and other.shop_id is not null and other.merchant_id <> $1) as taken
       from shopify_connections where merchant_id = $1 and shop = $2 for update`,
    [merchantId, shop],
  );
  if (!row) throw notConnected(shop);
  if (row.proven) return;
  if (row.taken) {
    throw new CoreError('failed_precondition', `shop: ${shop} is connected by another merchant`, {
      field: 'shop',
    });
  }
  await tx.query('update shopify_connections set shop_id = $3 where merchant_id = $1 and shop = $2', [
    merchantId,
    shop,
    shopId,
  ]);
  await appendAudit(tx, ctx, { merchantId, action: 'shop.prove', detail: { shop, shop_id: shopId } });
}

/** Unproven connections after `after`, in order. */
export const listUnproven = (
  tx: Tx,
  after: ShopConnection | undefined,
  most: number,
): Promise<ShopConnection[]> =>
  tx.query<ShopConnection & Record<string, unknown>>(
    `select merchant_id as "merchantId", shop from shopify_connections
      where shop_id is null and ($1::uuid is null or (merchant_id, shop) > ($1, $2))
      order by merchant_id, shop limit $3`,
    [after?.merchantId ?? null, after?.shop ?? null, most],
  );
