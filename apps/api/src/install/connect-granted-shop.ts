import type { MerchantId } from '@core/contracts';
import { connectShop, type CommandContext } from '@core/domain';
import { CoreError } from '@core/runtime';
import type { Tx } from '@core/db';
import type { ProveShop } from '../rpc-context/prove-shop.ts';

/** public: Shopify refuses tokens that never expire; custom: an app of one merchant, which may have one. */
export type Distribution = 'public' | 'custom';

/** Tokens that a shop granted, or that a caller passes in. */
export interface Tokens {
  accessToken: string;
  refreshToken?: string | undefined;
  expiresAt?: Date | undefined;
}

export interface ConnectDeps {
  proveShop: ProveShop;
  distribution: Distribution;
}

export interface GrantedShop extends Tokens {
  merchantId: MerchantId;
  shop: string;
}

/** Runs a command in a transaction of the merchant. */
export type RunCommand = <T>(work: (tx: Tx, ctx: CommandContext) => Promise<T>) => Promise<T>;

/**
 * Connects a shop by its tokens: each way into the service ends here. The shop is queried outside the
 * transaction: no database connection is held while an external server answers.
 * @throws CoreError invalid_argument for a token that never expires, unless the app may have one; as
 *   ProveShop and connectShop
 */
export async function connectGrantedShop(
  { proveShop, distribution }: ConnectDeps,
  { merchantId, shop, ...tokens }: GrantedShop,
  signal: AbortSignal,
  run: RunCommand,
): Promise<{ shop: string }> {
  if (distribution === 'public') requireExpiry(tokens);
  const proof = await proveShop({ shop, accessToken: tokens.accessToken, signal });
  return run((tx, ctx) =>
    connectShop(tx, ctx, {
      ...tokens,
      merchantId,
      shop,
      shopId: proof.shopId,
      provenAt: proof.provenAt,
      scopes: proof.scopes,
      plan: proof.plan,
      customerAccess: proof.customerAccess,
    }),
  );
}

/** Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens. */
function requireExpiry({ refreshToken, expiresAt }: Tokens): void {
  const missing =
    refreshToken === undefined ? 'refresh_token' : expiresAt === undefined ? 'expires_at' : null;
  if (missing === null) return;
  throw new CoreError(
    'invalid_argument',
    `${missing}: is required, because a public app must use access tokens that expire; for a custom app set SHOPIFY_DISTRIBUTION=custom`,
    { field: missing },
  );
}
