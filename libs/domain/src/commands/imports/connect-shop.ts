import { appendAudit, RaceLost, type Tx } from '@core/db';
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
  // No ON CONFLICT DO UPDATE: of another merchant's row it would make a breach of row-level security.
  const stored = await tx.query(
    `with replaced as (
       update shopify_connections
          set access_token = $3, refresh_token = $4, expires_at = $5, refreshing_until = null, updated_at = now()
        where merchant_id = $1 and shop = $2
       returning 1
     ), added as (
       insert into shopify_connections (merchant_id, shop, access_token, refresh_token, expires_at)
       select $1, $2, $3, $4, $5 where not exists (select from replaced)
       on conflict do nothing
       returning 1
     )
     select from replaced union all select from added`,
    [
      merchantId,
      shop,
      sealToken(keys, { merchantId, shop }, 'access', accessToken),
      refreshToken ? sealToken(keys, { merchantId, shop }, 'refresh', refreshToken) : null,
      expiresAt ?? null,
    ],
  );
  if (stored.length === 0) {
    const [owner] = await tx.query<{ mine: boolean }>('select merchant_of_shop($2) = $1 as mine', [
      merchantId,
      shop,
    ]);
    if (owner?.mine !== false) throw new RaceLost('somebody connected or redacted the shop meanwhile');
    throw new CoreError('already_exists', `shop: ${shop} is connected by another merchant`, {
      field: 'shop',
    });
  }
  await appendAudit(tx, ctx, { merchantId, action: 'shop.connect', detail: { shop } });
  return { shop };
}
