import type { MerchantId } from '@core/contracts';
import { connectShop, requireConnectLease, type CommandContext, type ConnectWay } from '@core/domain';
import { invalid } from '@core/runtime';
import type { Tx } from '@core/db';
import type { ProveShop } from '../rpc-context/prove-shop.ts';
import type { HeldLease } from './with-connect-lease.ts';

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
  by: ConnectWay;
}

/** Runs a command in a transaction of the merchant. */
export type RunCommand = <T>(work: (tx: Tx, ctx: CommandContext) => Promise<T>) => Promise<T>;

/**
 * Connects a shop by its tokens: each way into the service ends here. The shop is queried outside the
 * transaction: no database connection is held while an external server answers. Only the holder of the lease
 * stores its tokens: those of a later holder are newer.
 * @throws CoreError invalid_argument for tokens that cannot be used; as ProveShop, requireConnectLease and
 *   connectShop
 */
export async function connectGrantedShop(
  { proveShop, distribution }: ConnectDeps,
  { lease, signal }: HeldLease,
  { merchantId, shop, by, ...tokens }: GrantedShop,
  run: RunCommand,
): Promise<{ shop: string }> {
  requireUsable(tokens, distribution);
  const proof = await proveShop({ shop, accessToken: tokens.accessToken, signal });
  return run(async (tx, ctx) => {
    await requireConnectLease(tx, lease);
    return connectShop(tx, ctx, {
      ...tokens,
      merchantId,
      shop,
      shopId: proof.shopId,
      provenAt: proof.provenAt,
      scopes: proof.scopes,
      plan: proof.plan,
      timeZone: proof.timeZone,
      customerAccess: proof.customerAccess,
      by,
    });
  });
}

/** Shopify's own tokens expire after an hour. A later end is a mistake of units, such as milliseconds. */
const LONGEST_LIFE_MS = 366 * 86_400_000;

/**
 * Refuses tokens by which the shop would be lost: a refresh token is used only when the access token expires,
 * and an access token that has expired proves nothing.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens.
 * @throws CoreError invalid_argument
 */
function requireUsable({ accessToken, refreshToken, expiresAt }: Tokens, distribution: Distribution): void {
  if (distribution === 'public' || refreshToken !== undefined || expiresAt !== undefined) {
    const missing =
      refreshToken === undefined ? 'refresh_token' : expiresAt === undefined ? 'expires_at' : null;
    if (missing !== null) {
      throw invalid(
        missing,
        distribution === 'public'
          ? 'is required, because a public app must use access tokens that expire; for a custom app set SHOPIFY_DISTRIBUTION=custom'
          : 'is required, because an access token that expires comes with refresh_token and expires_at',
      );
    }
  }
  if (refreshToken === accessToken) throw invalid('refresh_token', 'must differ from access_token');
  const left = expiresAt ? expiresAt.getTime() - Date.now() : 1;
  if (left <= 0) throw invalid('expires_at', 'must be in the future; refresh the token first');
  if (left > LONGEST_LIFE_MS) throw invalid('expires_at', 'must be within a year');
}
