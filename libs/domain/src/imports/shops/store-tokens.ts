import { and, eq, sql } from 'drizzle-orm';
import {
  build,
  connectLeases,
  float8,
  ONE,
  shopifyConnections,
  statement,
  type Placeholders,
  type Tx,
} from '@core/db';
import type { Keys } from '../../core/index.ts';
import { decryptToken, encryptToken, notConnected, type ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

/**
 * The outcome of a request to refresh a shop's tokens. One process refreshes them; the others wait for its
 * result. The process holds a lease in the row, not a lock, so no transaction stays open during the request
 * to Shopify. The column refreshing_until doubles as the fencing token: while it is unchanged, no other
 * process has acquired the lease, and the merchant has not reconnected the shop.
 */
export type RefreshTurn =
  /** Request tokens from Shopify, then store them or release the lease. */
  | { kind: 'refresh'; refreshToken: string; lease: Date }
  /** The refused token is no longer the stored one. */
  | { kind: 'fresh'; accessToken: string }
  | { kind: 'wait' }
  /** There is no refresh token, or Shopify has refused it permanently. */
  | { kind: 'none' };

const LOCK = statement({
  params: SHOP,
  row: {
    access: shopifyConnections.accessToken,
    refresh: shopifyConnections.refreshToken,
    // A request that connects the shop is about to replace the tokens, and Shopify may have retired them.
    held: sql<boolean>`(coalesce(${shopifyConnections.refreshingUntil} > clock_timestamp(), false) or exists (
      select from ${connectLeases}
       where ${eq(connectLeases.shop, shopifyConnections.shop)} and ${connectLeases.heldUntil} > clock_timestamp()))`,
  },
  text: (p, row) =>
    build.select(row).from(shopifyConnections).where(ofShop(shopifyConnections, p)).for('update'),
});

const TAKE = statement({
  params: { ...SHOP, leaseMs: float8 },
  row: { lease: sql<Date>`${shopifyConnections.refreshingUntil}` },
  text: (p, row) =>
    build
      .update(shopifyConnections)
      // Counted from the start of the statement, which follows the lock. In milliseconds, because a Date
      // carries no more and the lease is compared with the Date that is returned here.
      .set({
        refreshingUntil: sql`date_trunc('milliseconds', statement_timestamp() + ${p.leaseMs} * interval '1 ms')`,
      })
      .where(ofShop(shopifyConnections, p))
      .returning(row),
});

const REFUSED_AT = sql`coalesce(${shopifyConnections.refusedAt}, now())`;

const GIVE_UP = statement({
  params: SHOP,
  text: (p) =>
    build.update(shopifyConnections).set({ refusedAt: REFUSED_AT }).where(ofShop(shopifyConnections, p)),
});

/**
 * Acquires the lease to refresh the tokens of a shop.
 * If there is no refresh token, the connection is marked as refused: the merchant must connect it again.
 * @param refused the access token to replace
 * @throws CoreError failed_precondition when the shop is not connected
 */
export async function acquireRefreshLease(
  tx: Tx,
  ctx: Keys,
  { refused, leaseMs, ...connection }: ShopConnection & { refused: string; leaseMs: number },
): Promise<RefreshTurn> {
  const { merchantId, shop } = connection;
  const [row] = await tx.run(LOCK, { merchantId, shop });
  if (!row) throw notConnected(shop);
  const accessToken = await decryptToken(tx, ctx.keys, connection, 'access', row.access);
  if (accessToken !== refused) return { kind: 'fresh', accessToken };
  if (row.held) return { kind: 'wait' };
  if (row.refresh === null) {
    await tx.run(GIVE_UP, { merchantId, shop });
    return { kind: 'none' };
  }
  const [taken] = await tx.run(TAKE, { merchantId, shop, leaseMs });
  if (!taken) throw notConnected(shop);
  const refreshToken = await decryptToken(tx, ctx.keys, connection, 'refresh', row.refresh);
  return { kind: 'refresh', refreshToken, lease: taken.lease };
}

/** A connection whose tokens the caller refreshes. */
export interface LeasedConnection extends ShopConnection {
  /** As returned by acquireRefreshLease. */
  lease: Date;
}

const HELD = { ...SHOP, lease: shopifyConnections.refreshingUntil };
const isHeld = (p: Placeholders<typeof HELD>) =>
  and(ofShop(shopifyConnections, p), eq(shopifyConnections.refreshingUntil, p.lease));

const STORE = statement({
  params: {
    ...HELD,
    accessToken: shopifyConnections.accessToken,
    refreshToken: shopifyConnections.refreshToken,
    expiresAt: shopifyConnections.expiresAt,
  },
  row: ONE,
  text: (p, row) =>
    build
      .update(shopifyConnections)
      .set({
        accessToken: p.accessToken,
        refreshToken: p.refreshToken,
        expiresAt: p.expiresAt,
        refreshingUntil: null,
        refusedAt: null,
        updatedAt: sql`now()`,
      })
      .where(isHeld(p))
      .returning(row),
});

export interface StoreTokens extends LeasedConnection {
  accessToken: string;
  refreshToken: string;
  expiresAt: Date;
}

/** @returns false when the lease has been replaced: the stored tokens are newer */
export async function storeTokens(
  tx: Tx,
  { keys }: Keys,
  { lease, accessToken, refreshToken, expiresAt, ...connection }: StoreTokens,
): Promise<boolean> {
  const { merchantId, shop } = connection;
  const merchantKeys = await keys.findOrCreate(tx, merchantId);
  const stored = await tx.run(STORE, {
    merchantId,
    shop,
    lease,
    accessToken: encryptToken(merchantKeys, connection, 'access', accessToken),
    refreshToken: encryptToken(merchantKeys, connection, 'refresh', refreshToken),
    expiresAt,
  });
  return stored.length > 0;
}

const POSTPONE = statement({
  params: { ...HELD, pauseMs: float8 },
  text: (p) =>
    build
      .update(shopifyConnections)
      .set({ refreshingUntil: sql`statement_timestamp() + ${p.pauseMs} * interval '1 ms'` })
      .where(isHeld(p)),
});

/** Defers the refresh after a temporary failure: the next caller retries, but not before `pauseMs`. */
export async function postponeRefresh(tx: Tx, input: LeasedConnection & { pauseMs: number }): Promise<void> {
  await tx.run(POSTPONE, input);
}

const DROP = statement({
  params: HELD,
  text: (p) =>
    build
      .update(shopifyConnections)
      .set({ refreshToken: null, refreshingUntil: null, refusedAt: REFUSED_AT, updatedAt: sql`now()` })
      .where(isHeld(p)),
});

/**
 * Deletes a refresh token that Shopify refused permanently: using it again is against Shopify's rules. The
 * connection is marked as refused.
 */
export async function dropRefreshToken(tx: Tx, input: LeasedConnection): Promise<void> {
  await tx.run(DROP, input);
}
