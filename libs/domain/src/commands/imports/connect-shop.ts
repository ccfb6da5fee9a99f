import { appendAudit, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import type { CommandContext } from '../../context.ts';
import { sealToken } from './access-token.ts';
import { shopDomain } from './shop-domain.ts';

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
 * merchant has the shop: only a caller that has proven that it owns the shop may learn this.
 * @throws CoreError invalid_argument; already_exists when another merchant has a proven connection of the shop
 */
export async function connectShop(
  tx: Tx,
  ctx: CommandContext,
  input: ConnectShop,
): Promise<{ shop: string }> {
  const { merchantId, shopId, accessToken, refreshToken, expiresAt } = input;
  const shop = shopDomain(input.shop);
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  if (await isTaken(tx, merchantId, shop)) {
    throw new CoreError('already_exists', `shop: ${shop} is connected by another merchant`, {
      field: 'shop',
    });
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

/**
 * A connection made between this check and the insert violates the index; the transaction then runs again.
 */
async function isTaken(tx: Tx, merchantId: string, shop: string): Promise<boolean> {
  const [holder] = await tx.query<{ taken: boolean }>(
    'select merchant_id <> $1 as taken from connection_of_shop($2) where merchant_id is not null',
    [merchantId, shop],
  );
  return holder?.taken === true;
}
