import { sql } from 'drizzle-orm';
import {
  assign,
  bare,
  build,
  excluded,
  insertSelect,
  shopifyConnections,
  statement,
  type Tx,
} from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { decryptToken, encryptToken, type ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';
import { removeFromDirectory, renameInDirectory } from './shop-directory.ts';

/** Locked, because another process may be refreshing the tokens. */
const LOCK_TOKENS = statement({
  params: SHOP,
  row: { access: shopifyConnections.accessToken, refresh: shopifyConnections.refreshToken },
  text: (p, row) =>
    build.select(row).from(shopifyConnections).where(ofShop(shopifyConnections, p)).for('update'),
});

const COPY = statement({
  params: {
    ...SHOP,
    newShop: SHOP.shop,
    accessToken: shopifyConnections.accessToken,
    refreshToken: shopifyConnections.refreshToken,
  },
  text({ newShop, accessToken, refreshToken, ...p }) {
    const { merchantId, shop, expiresAt, scopes, scopesAt, plan, customerAccess, createdAt } =
      shopifyConnections;
    return sql`
      ${insertSelect(shopifyConnections, {
        merchantId,
        shop: newShop,
        accessToken,
        refreshToken,
        expiresAt,
        scopes,
        scopesAt,
        plan,
        customerAccess,
        createdAt,
      })} from ${shopifyConnections} where ${ofShop(shopifyConnections, p)}
      on conflict (${bare(merchantId, shop)}) do update set ${assign(shopifyConnections, {
        accessToken,
        refreshToken,
        expiresAt: excluded(expiresAt),
        scopes: excluded(scopes),
        scopesAt: excluded(scopesAt),
        plan: excluded(plan),
        customerAccess: excluded(customerAccess),
        answeredAt: sql`null`,
        isRefused: sql`false`,
        refreshingUntil: sql`null`,
        refusedAt: sql`null`,
        updatedAt: sql`now()`,
      })}`;
  },
});

/**
 * Copies the connection, with its tokens encrypted for the new name: schedules refer to the former row until
 * they are moved. A connection that is already proven under the new name keeps its tokens, which are newer.
 * An entry whose connection has ended has no tokens.
 */
export async function moveConnection(
  tx: Tx,
  ctx: CommandContext,
  former: ShopConnection,
  { newShop, shopId }: { newShop: string; shopId: string },
): Promise<void> {
  const { merchantId, shop } = former;
  if (!(await renameInDirectory(tx, { merchantId, shop, newShop, shopId }))) return;
  const [row] = await tx.run(LOCK_TOKENS, { merchantId, shop });
  if (!row) return;
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const reencrypt = async (kind: 'access' | 'refresh', encrypted: string) =>
    encryptToken(
      keys,
      { merchantId, shop: newShop },
      kind,
      await decryptToken(tx, ctx.keys, former, kind, encrypted),
    );
  await tx.run(COPY, {
    merchantId,
    shop,
    newShop,
    accessToken: await reencrypt('access', row.access),
    refreshToken: row.refresh === null ? null : await reencrypt('refresh', row.refresh),
  });
}

const DELETE = statement({
  params: SHOP,
  text: (p) => build.delete(shopifyConnections).where(ofShop(shopifyConnections, p)),
});

export async function forgetConnection(tx: Tx, former: ShopConnection): Promise<void> {
  await removeFromDirectory(tx, former);
  await tx.run(DELETE, former);
}
