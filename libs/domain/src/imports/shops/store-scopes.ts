import { and, sql, type SQLWrapper } from 'drizzle-orm';
import {
  appendAudit,
  assign,
  many,
  relation,
  shopifyConnections,
  statement,
  text,
  type Actor,
  type Tx,
} from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

const SCOPES = { scopes: shopifyConnections.scopes };
const [was, now] = [relation('old', SCOPES), relation('new', SCOPES)];

/** A topic may be subscribed to with the new scopes. */
const dueAfter = (scopes: SQLWrapper) =>
  sql`case when ${shopifyConnections.scopes} is not distinct from ${scopes}::varchar[] then ${shopifyConnections.webhooksDueAt} end`;

const STORE = statement({
  params: { ...SHOP, scopes: many(text), at: shopifyConnections.scopesAt },
  row: { changed: sql<boolean>`${was.scopes} is distinct from ${now.scopes}` },
  text: ({ scopes, at, ...shop }, row) => sql`
    update ${shopifyConnections}
       set ${assign(shopifyConnections, { scopes, scopesAt: at, webhooksDueAt: dueAfter(scopes), updatedAt: sql`now()` })}
     where ${and(
       ofShop(shopifyConnections, shop),
       sql`(${shopifyConnections.scopesAt} is null or ${shopifyConnections.scopesAt} < ${at})`,
     )}
    returning ${row}`,
});

/**
 * Stores the scopes that the merchant has granted, unless newer ones are stored: Shopify delivers webhooks
 * late and in any order. Imports check them with the shop itself.
 * @param scopes sorted
 * @param at when Shopify triggered the webhook
 * @returns whether they have changed
 */
export async function storeScopes(
  tx: Tx,
  ctx: Actor,
  { merchantId, shop, scopes, at }: ShopConnection & { scopes: readonly string[]; at: Date },
): Promise<boolean> {
  const [stored] = await tx.run(STORE, { merchantId, shop, scopes, at });
  if (!stored?.changed) return false;
  await appendAudit(tx, ctx, { merchantId, action: 'shop.scopes', detail: { shop, scopes } });
  return true;
}
