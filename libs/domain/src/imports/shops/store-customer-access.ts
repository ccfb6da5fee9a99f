import { sql } from 'drizzle-orm';
import { build, shopifyConnections, statement, type Tx } from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

/** All customers, customers without emails, or none: the approval of the app for protected customer data. */
export type CustomerAccess = 'all' | 'no_email' | 'none';

/**
 * Returns SQL for the new value of the column. A shop whose customers have no emails does not tell whether
 * they are withheld: then an earlier answer about emails stays.
 */
export const accessAfter = (reported: unknown) =>
  sql`coalesce(${reported}, nullif(${shopifyConnections.customerAccess}, 'none'))`;

const STORE = statement({
  params: { ...SHOP, access: shopifyConnections.customerAccess },
  text: ({ access, ...shop }) =>
    build
      .update(shopifyConnections)
      .set({ customerAccess: accessAfter(access), refusedAt: null })
      .where(ofShop(shopifyConnections, shop)),
});

/**
 * Stores what the shop has told about the app's access to its customers. Until it says otherwise, the null
 * emails of its webhooks are no values. A shop that answers accepts the access token.
 * @param access undefined: the shop does not tell
 */
export async function storeCustomerAccess(
  tx: Tx,
  { access, ...shop }: ShopConnection & { access: CustomerAccess | undefined },
): Promise<void> {
  await tx.run(STORE, { ...shop, access });
}
