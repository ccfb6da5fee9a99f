import { open, seal, type MerchantKeys, type MerchantKeyStore, type Reader } from '@core/db';
import { CoreError } from '@core/runtime';

interface Connection {
  merchantId: string;
  /** Lower case. */
  shop: string;
}

type Kind = 'access' | 'refresh';

/** `<generation>.<sealed>` under the merchant's data key; opens for this merchant, shop and kind alone. */
export const sealToken = (keys: MerchantKeys, connection: Connection, kind: Kind, token: string): string =>
  `${keys.generation}.${seal(keys.dataKey, Buffer.from(token), context(connection, kind))}`;

/**
 * The shop's access token, in plain: to be sent to that shop, never logged or kept.
 * @throws CoreError failed_precondition when the merchant has not connected the shop
 * @throws KeyError when the merchant's key is gone or the stored value was changed
 */
export async function readAccessToken(
  reader: Reader,
  keys: MerchantKeyStore,
  connection: Connection,
): Promise<string> {
  const { merchantId, shop } = connection;
  const [row] = await reader.query<{ token: string }>(
    'select access_token as token from shopify_connections where merchant_id = $1 and shop = $2',
    [merchantId, shop],
  );
  if (!row) throw notConnected(shop);
  const dot = row.token.indexOf('.');
  const { dataKey } = await keys.ofGeneration(reader, merchantId, Number(row.token.slice(0, dot)));
  return open(dataKey, row.token.slice(dot + 1), context(connection, 'access')).toString();
}

export const notConnected = (shop: string) =>
  new CoreError('failed_precondition', `shop: ${shop} is not connected; call ConnectShop first`, {
    field: 'shop',
  });

const context = ({ merchantId, shop }: Connection, kind: Kind): string =>
  kind === 'access' ? `${merchantId}|${shop}` : `${merchantId}|${shop}|refresh`;
