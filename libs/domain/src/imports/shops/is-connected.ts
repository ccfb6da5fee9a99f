import { sql } from 'drizzle-orm';
import { build, shopifyConnections, statement, type Reader } from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { ofShop, SHOP } from './of-shop.ts';

const { refreshToken, expiresAt } = shopifyConnections;

const FIND = statement({
  params: SHOP,
  row: {
    usable: sql<boolean>`(${refreshToken} is not null or ${expiresAt} is null or ${expiresAt} > now())`,
  },
  text: (p, row) => build.select(row).from(shopifyConnections).where(ofShop(shopifyConnections, p)),
});

/** Whether the merchant has the shop connected, proven or not. */
export const isConnected = async (reader: Reader, shop: ShopConnection): Promise<boolean> =>
  (await reader.run(FIND, shop)).length > 0;

/**
 * Whether the merchant has the shop connected, with tokens that can be used or renewed. Shopify may have
 * revoked them unnoticed.
 */
export const hasUsableTokens = async (reader: Reader, shop: ShopConnection): Promise<boolean> =>
  (await reader.run(FIND, shop))[0]?.usable ?? false;
