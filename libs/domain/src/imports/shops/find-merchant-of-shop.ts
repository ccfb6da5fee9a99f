import { sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { called, returning, shopDirectory, statement, type Reader } from '@core/db';

const FIND = statement({
  crosses: 'shops',
  params: { shop: shopDirectory.shop },
  text(p) {
    const connection = called(
      'connection',
      { merchantId: sql<MerchantId | null>``, shopId: sql<string | null>`` },
      sql`connection_of_shop(${p.shop})`,
    );
    return returning({ merchantId: connection.merchantId }, (row) => sql`select ${row} from ${connection}`);
  },
});

/**
 * The merchant that has connected a shop, and has proven that it is its own.
 * @param input the shop's domain in lower case
 */
export async function findMerchantOfShop(
  reader: Reader,
  input: { shop: string },
): Promise<MerchantId | null> {
  const [connection] = await reader.run(FIND, input);
  return connection?.merchantId ?? null;
}
