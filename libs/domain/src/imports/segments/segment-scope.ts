import { build, shopifyConnections, statement, type Reader } from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from '../shops/of-shop.ts';

const SCOPE = 'write_customers';

/** The remedy of a missing scope, in words for the merchant. */
export const grantSegmentScope =
  `The shop has not granted the access scope ${SCOPE}, so the app cannot change the segments of its ` +
  'customers there. Open the app in Shopify and accept this permission.';

/** Whether the shop accepts metafields of customers. Scopes that are not known count as granted. */
export const mayWriteSegments = (scopes: readonly string[] | null): boolean =>
  scopes === null || scopes.includes(SCOPE);

const FIND = statement({
  params: SHOP,
  row: { scopes: shopifyConnections.scopes },
  text: (p, row) => build.select(row).from(shopifyConnections).where(ofShop(shopifyConnections, p)),
});

/** @returns false also when the shop is not connected */
export async function hasSegmentScope(
  reader: Reader,
  { merchantId, shop }: ShopConnection,
): Promise<boolean> {
  const [connection] = await reader.run(FIND, { merchantId, shop });
  return connection !== undefined && mayWriteSegments(connection.scopes);
}
