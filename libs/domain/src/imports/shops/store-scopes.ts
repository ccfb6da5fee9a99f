import { sql } from 'drizzle-orm';
import {
  appendAudit,
  build,
  many,
  ONE,
  shopifyConnections,
  statement,
  text,
  type Actor,
  type Tx,
} from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

const STORE = statement({
  params: { ...SHOP, scopes: many(text) },
  row: ONE,
  text: ({ scopes, ...shop }, row) =>
    build
      .update(shopifyConnections)
      // A topic may be subscribed to with the new scopes.
      .set({ scopes, webhooksDueAt: null, updatedAt: sql`now()` })
      .where(
        sql`${ofShop(shopifyConnections, shop)} and ${shopifyConnections.scopes} is distinct from ${scopes}::varchar[]`,
      )
      .returning(row),
});

/**
 * Stores the scopes that the merchant has granted. Imports check them with the shop itself.
 * @param scopes sorted
 * @returns whether they have changed
 */
export async function storeScopes(
  tx: Tx,
  ctx: Actor,
  { merchantId, shop, scopes }: ShopConnection & { scopes: readonly string[] },
): Promise<boolean> {
  const stored = await tx.run(STORE, { merchantId, shop, scopes });
  if (stored.length === 0) return false;
  await appendAudit(tx, ctx, { merchantId, action: 'shop.scopes', detail: { shop, scopes } });
  return true;
}
