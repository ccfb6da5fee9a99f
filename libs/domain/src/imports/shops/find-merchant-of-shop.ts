import { sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { functionCall, int8, returning, shopDirectory, statement, type Reader } from '@core/db';
import { connectionOfWebhook } from './connection-of-webhook.ts';

const FIND = statement({
  crosses: 'shops',
  params: { shop: shopDirectory.shop },
  text(p) {
    const connection = functionCall(
      'connection',
      { merchantId: sql<MerchantId | null>``, shopId: sql<string | null>`` },
      sql`connection_of_shop(${p.shop})`,
    );
    return returning({ merchantId: connection.merchantId }, (row) => sql`select ${row} from ${connection}`);
  },
});

const FIND_BY_NUMBER = statement({
  crosses: 'shops',
  params: { shopId: int8 },
  text(p) {
    const connection = connectionOfWebhook({ ...p, shop: sql`null` });
    const { merchantId, shop } = connection;
    return returning({ merchantId, shop }, (row) => sql`select ${row} from ${connection}`);
  },
});

/**
 * Returns the proven connections of the shop with this number: several while a renamed shop has not been
 * moved yet.
 */
export const findShopsOfNumber = (
  reader: Reader,
  input: { shopId: string },
): Promise<{ merchantId: MerchantId | null; shop: string }[]> => reader.run(FIND_BY_NUMBER, input);

/**
 * Returns the merchant that has connected a shop and has proven that it owns the shop.
 * @param input the shop's domain in lower case
 */
export async function findMerchantOfShop(
  reader: Reader,
  input: { shop: string },
): Promise<MerchantId | null> {
  const [connection] = await reader.run(FIND, input);
  return connection?.merchantId ?? null;
}
