import { sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { decryptValue, encryptValue, type MerchantKeys, type MerchantKeyStore } from '@core/crypto';
import { build, shopDirectory, shopifyConnections, statement, type Reader } from '@core/db';
import { CoreError } from '@core/runtime';
import type { Keys } from '../core/index.ts';
import { ofShop, SHOP } from './shops/of-shop.ts';

export interface ShopConnection {
  merchantId: MerchantId;
  /** Lower case. */
  shop: string;
}

type Kind = 'access' | 'refresh';

/** Encrypts a token as encryptValue does. It can be decrypted only for this merchant, shop and kind. */
export const encryptToken = (
  keys: MerchantKeys,
  connection: ShopConnection,
  kind: Kind,
  token: string,
): string => encryptValue(keys, Buffer.from(token), tokenContext(connection, kind));

/**
 * Decrypts a stored token. Send it only to its shop; never log or keep it.
 * @throws KeyError when the merchant's key no longer exists or the stored value was changed
 */
export async function decryptToken(
  reader: Reader,
  keys: MerchantKeyStore,
  connection: ShopConnection,
  kind: Kind,
  encrypted: string,
): Promise<string> {
  const context = tokenContext(connection, kind);
  const { merchantId } = connection;
  return (await decryptValue(reader, keys, { merchantId, value: encrypted, context })).toString();
}

export interface StoredToken {
  accessToken: string;
  /** Null when the token does not expire or its expiry is unknown. */
  expiresAt: Date | null;
  /** Whether a refresh token is stored, with which to request the next access token. */
  refreshable: boolean;
  /** Whether the shop has proven the connection. An unproven token is not used to read anything. */
  proven: boolean;
}

const READ_TOKEN = statement({
  params: SHOP,
  row: {
    token: shopifyConnections.accessToken,
    expiresAt: shopifyConnections.expiresAt,
    refreshable: sql<boolean>`${shopifyConnections.refreshToken} is not null`,
    proven: sql<boolean>`${shopDirectory.shopId} is not null`,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(shopifyConnections)
      .innerJoin(shopDirectory, ofShop(shopDirectory, p))
      .where(ofShop(shopifyConnections, p)),
});

/**
 * Returns the shop's access token and its expiry.
 * @throws CoreError failed_precondition when the merchant has not connected the shop; KeyError as in
 *   decryptToken
 */
export async function readStoredToken(
  reader: Reader,
  { keys }: Keys,
  connection: ShopConnection,
): Promise<StoredToken> {
  const [row] = await reader.run(READ_TOKEN, connection);
  if (!row) throw notConnected(connection.shop);
  const { token, ...rest } = row;
  return { accessToken: await decryptToken(reader, keys, connection, 'access', token), ...rest };
}

export const notConnected = (shop: string) =>
  new CoreError(
    'failed_precondition',
    `shop: ${shop} is not connected; install the app in it, or call ConnectShop`,
    {
      field: 'shop',
    },
  );

/** The context that an encrypted token is bound to. */
export const tokenContext = ({ merchantId, shop }: ShopConnection, kind: Kind): string =>
  kind === 'access' ? `${merchantId}|${shop}` : `${merchantId}|${shop}|refresh`;
