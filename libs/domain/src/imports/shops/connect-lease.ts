import { and, eq, sql } from 'drizzle-orm';
import {
  assign,
  bare,
  build,
  connectLeases,
  excluded,
  float8,
  insertSelect,
  ONE,
  shopifyConnections,
  statement,
  type Tx,
} from '@core/db';
import { CoreError } from '@core/runtime';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

// One request at a time connects a shop: a grant retires the tokens that an earlier one has returned, whether
// or not these are stored yet. It holds a lease in a row, not a lock, so no transaction stays open during the
// requests to Shopify.

/** A lease on connecting a shop. The column held_until doubles as the fencing token. */
export interface ConnectLease {
  shop: string;
  heldUntil: Date;
}

const TAKE = statement({
  params: { ...SHOP, leaseMs: float8 },
  row: { heldUntil: connectLeases.heldUntil },
  text({ leaseMs, ...p }, row) {
    // In milliseconds, because a Date carries no more and the lease is compared with the one returned here.
    const heldUntil = sql`date_trunc('milliseconds', clock_timestamp() + ${leaseMs} * interval '1 ms')`;
    const refreshing = build
      .select(ONE)
      .from(shopifyConnections)
      .where(
        and(ofShop(shopifyConnections, p), sql`${shopifyConnections.refreshingUntil} > clock_timestamp()`),
      );
    return sql`
      ${insertSelect(connectLeases, { shop: p.shop, heldUntil })} where not exists ${refreshing}
      on conflict (${bare(connectLeases.shop)})
      do update set ${assign(connectLeases, { heldUntil: excluded(connectLeases.heldUntil) })}
       where ${connectLeases.heldUntil} <= clock_timestamp()
      returning ${row}`;
  },
});

/**
 * Acquires the lease to replace the tokens of a shop.
 * @param connection the shop, and the merchant who is to have it
 * @returns null while another request holds it, or a process refreshes the merchant's tokens of the shop
 */
export async function acquireConnectLease(
  tx: Tx,
  { merchantId, shop, leaseMs }: ShopConnection & { leaseMs: number },
): Promise<ConnectLease | null> {
  const [taken] = await tx.run(TAKE, { merchantId, shop, leaseMs });
  return taken ? { shop, ...taken } : null;
}

const LEASE = { shop: connectLeases.shop, heldUntil: connectLeases.heldUntil };

const LOCK = statement({
  params: LEASE,
  row: ONE,
  text: (p, row) =>
    build
      .select(row)
      .from(connectLeases)
      .where(and(eq(connectLeases.shop, p.shop), eq(connectLeases.heldUntil, p.heldUntil)))
      .for('update'),
});

/**
 * Checks that no other request has acquired the lease: the tokens of that one are newer. Held until the
 * transaction ends.
 * @throws CoreError unavailable
 */
export async function requireConnectLease(tx: Tx, lease: ConnectLease): Promise<void> {
  if ((await tx.run(LOCK, { ...lease })).length === 0) throw otherRequest(lease.shop);
}

export const otherRequest = (shop: string): CoreError =>
  new CoreError('unavailable', `shop: another request is connecting ${shop}; try again in a minute`, {
    field: 'shop',
  });

const RELEASE = statement({
  params: LEASE,
  text: (p) =>
    build
      .delete(connectLeases)
      .where(and(eq(connectLeases.shop, p.shop), eq(connectLeases.heldUntil, p.heldUntil))),
});

export async function releaseConnectLease(tx: Tx, lease: ConnectLease): Promise<void> {
  await tx.run(RELEASE, { ...lease });
}
