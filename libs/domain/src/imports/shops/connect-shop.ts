import { appendAudit, type Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { sealToken } from '../access-token.ts';
import { shopDomain } from '../shop-domain.ts';
import { moveShop } from './move-shop.ts';
import { isTaken, takenByAnother } from './shop-owner.ts';

export interface ConnectShop {
  merchantId: string;
  shop: string;
  /** The shop's number, as the shop itself returned it to a request with this access token. */
  shopId: string;
  accessToken: string;
  refreshToken?: string | undefined;
  expiresAt?: Date | undefined;
}

/**
 * Stores the encrypted tokens of a proven shop; a second call replaces them. It looks up last whether another
 * merchant has the shop: only a caller that has proven that it owns the shop may learn this. A shop that the merchant has
 * connected by a former name is moved: two connections of one shop would read everybody twice.
 * @throws CoreError invalid_argument; already_exists when another merchant has a proven connection of the shop; as
 *   moveShop
 */
export async function connectShop(
  tx: Tx,
  ctx: CommandContext,
  input: ConnectShop,
): Promise<{ shop: string }> {
  const { merchantId, shopId, accessToken, refreshToken, expiresAt } = input;
  const shop = shopDomain(input.shop);
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  if (await isTaken(tx, merchantId, shop, shopId)) throw takenByAnother(shop);
  for (const former of await formerNames(tx, { merchantId, shop, shopId })) {
    await moveShop(tx, ctx, { merchantId, shop: former, newShop: shop, shopId });
  }
  await tx.query(
    `insert into shopify_connections (merchant_id, shop, shop_id, access_token, refresh_token, expires_at)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (merchant_id, shop) do update
        set shop_id = excluded.shop_id, access_token = excluded.access_token,
            refresh_token = excluded.refresh_token, expires_at = excluded.expires_at,
            refreshing_until = null, updated_at = now()`,
    [
      merchantId,
      shop,
      shopId,
      sealToken(keys, { merchantId, shop }, 'access', accessToken),
      refreshToken ? sealToken(keys, { merchantId, shop }, 'refresh', refreshToken) : null,
      expiresAt ?? null,
    ],
  );
  await appendAudit(tx, ctx, { merchantId, action: 'shop.connect', detail: { shop, shop_id: shopId } });
  return { shop };
}

/** By which the merchant has connected the shop of this number. */
const formerNames = async (
  tx: Tx,
  { merchantId, shop, shopId }: Pick<ConnectShop, 'merchantId' | 'shop' | 'shopId'>,
): Promise<string[]> =>
  (
    await tx.query<{ shop: string }>(
      'select shop from shopify_connections where merchant_id = $1 and shop_id = $2 and shop <> $3',
      [merchantId, shopId, shop],
    )
  ).map((row) => row.shop);
