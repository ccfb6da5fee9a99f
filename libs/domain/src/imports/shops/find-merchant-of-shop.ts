import type { Reader } from '@core/db';

/**
 * The merchant that has connected a shop, and has proven that it is its own.
 * @param shop its domain in lower case
 */
export async function findMerchantOfShop(reader: Reader, shop: string): Promise<string | null> {
  const [connection] = await reader.query<{ merchantId: string | null }>(
    'select merchant_id as "merchantId" from connection_of_shop($1)',
    [shop],
  );
  return connection?.merchantId ?? null;
}
