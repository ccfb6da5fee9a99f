import { appendAudit, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import type { CommandContext } from '../../context.ts';
import { sealToken } from './access-token.ts';
import { shopDomain } from './shop-domain.ts';

export interface ConnectShop {
  merchantId: string;
  shop: string;
  accessToken: string;
  refreshToken?: string | undefined;
  expiresAt?: Date | undefined;
}

/**
 * Stores a shop's tokens, encrypted; a second time it replaces them.
 * @throws CoreError invalid_argument; already_exists when another merchant has connected the shop
 */
export async function connectShop(
  tx: Tx,
  ctx: CommandContext,
  input: ConnectShop,
): Promise<{ shop: string }> {
  const { merchantId, accessToken, refreshToken, expiresAt } = input;
  const shop = shopDomain(input.shop);
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const stored = await tx.query(
    `insert into shopify_connections (merchant_id, shop, access_token, refresh_token, expires_at)
     values ($1, $2, $3, $4, $5)
     on conflict (shop) do update
        set access_token = excluded.access_token, refresh_token = excluded.refresh_token,
            expires_at = excluded.expires_at, refreshing_until = null, updated_at = now()
      where shopify_connections.merchant_id = excluded.merchant_id
     returning 1`,
    [
      merchantId,
      shop,
      sealToken(keys, { merchantId, shop }, 'access', accessToken),
      refreshToken ? sealToken(keys, { merchantId, shop }, 'refresh', refreshToken) : null,
      expiresAt ?? null,
    ],
  );
  if (stored.length === 0) {
    throw new CoreError('already_exists', `shop: ${shop} is connected by another merchant`, {
      field: 'shop',
    });
  }
  await appendAudit(tx, ctx, { merchantId, action: 'shop.connect', detail: { shop } });
  return { shop };
}
