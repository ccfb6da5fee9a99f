import type { MerchantKeyStore, Tx } from '@core/db';
import { notConnected, openToken, sealToken, type ShopConnection } from '../access-token.ts';

/**
 * One process refreshes a shop's tokens, the others wait for what it stores. A lease in the row and not a lock: no
 * transaction stays open while Shopify is asked. Its end is also its name: who stores shows that nobody has
 * taken it over and that the merchant has not connected the shop anew meanwhile.
 */
export type RefreshTurn =
  /** Ask Shopify, then store or give the lease back. */
  | { kind: 'refresh'; refreshToken: string; lease: Date }
  /** What was refused is not the stored one any more. */
  | { kind: 'fresh'; accessToken: string }
  | { kind: 'wait' }
  /** There is no refresh token, or Shopify has refused it for good. */
  | { kind: 'none' };

/** @param refused the access token to replace @throws CoreError failed_precondition when it is not connected */
export async function takeRefresh(
  tx: Tx,
  keys: MerchantKeyStore,
  connection: ShopConnection,
  { refused, leaseMs }: { refused: string; leaseMs: number },
): Promise<RefreshTurn> {
  const { merchantId, shop } = connection;
  const [row] = await tx.query<{ access: string; refresh: string | null; held: boolean }>(
    `select access_token as access, refresh_token as refresh,
            coalesce(refreshing_until > clock_timestamp(), false) as held
       from shopify_connections where merchant_id = $1 and shop = $2 for update`,
    [merchantId, shop],
  );
  if (!row) throw notConnected(shop);
  const accessToken = await openToken(tx, keys, connection, 'access', row.access);
  if (accessToken !== refused) return { kind: 'fresh', accessToken };
  if (row.refresh === null) return { kind: 'none' };
  if (row.held) return { kind: 'wait' };
  const [taken] = await tx.query<{ lease: Date }>(
    // A Date carries milliseconds, and the lease is compared with what comes back of it.
    `update shopify_connections
        set refreshing_until = date_trunc('milliseconds', clock_timestamp() + $3 * interval '1 ms')
      where merchant_id = $1 and shop = $2
     returning refreshing_until as lease`,
    [merchantId, shop, leaseMs],
  );
  if (!taken) throw notConnected(shop);
  const refreshToken = await openToken(tx, keys, connection, 'refresh', row.refresh);
  return { kind: 'refresh', refreshToken, lease: taken.lease };
}

/** @returns false when the lease is another's by now: what is stored is newer */
export async function storeTokens(
  tx: Tx,
  keys: MerchantKeyStore,
  connection: ShopConnection,
  lease: Date,
  tokens: { accessToken: string; refreshToken: string; expiresAt: Date },
): Promise<boolean> {
  const { merchantId, shop } = connection;
  const merchantKeys = await keys.findOrCreate(tx, merchantId);
  const stored = await tx.query(
    `update shopify_connections
        set access_token = $4, refresh_token = $5, expires_at = $6, refreshing_until = null, updated_at = now()
      where merchant_id = $1 and shop = $2 and refreshing_until = $3
     returning 1`,
    [
      merchantId,
      shop,
      lease,
      sealToken(merchantKeys, connection, 'access', tokens.accessToken),
      sealToken(merchantKeys, connection, 'refresh', tokens.refreshToken),
      tokens.expiresAt,
    ],
  );
  return stored.length > 0;
}

/** After a failure that may pass: the next one tries, but not before `pauseMs`. */
export async function postponeRefresh(
  tx: Tx,
  { merchantId, shop }: ShopConnection,
  lease: Date,
  pauseMs: number,
): Promise<void> {
  await tx.query(
    `update shopify_connections set refreshing_until = clock_timestamp() + $4 * interval '1 ms'
      where merchant_id = $1 and shop = $2 and refreshing_until = $3`,
    [merchantId, shop, lease, pauseMs],
  );
}

/** Forgets a refresh token that Shopify refused for good: asking again with it is against Shopify's rules. */
export async function dropRefreshToken(
  tx: Tx,
  { merchantId, shop }: ShopConnection,
  lease: Date,
): Promise<void> {
  await tx.query(
    `update shopify_connections set refresh_token = null, refreshing_until = null, updated_at = now()
      where merchant_id = $1 and shop = $2 and refreshing_until = $3`,
    [merchantId, shop, lease],
  );
}
