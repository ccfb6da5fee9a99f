import { and, asc, eq, ne } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { build, shopDirectory, statement, type Reader } from '@core/db';

const FIND = statement({
  params: { merchantId: shopDirectory.merchantId, shop: shopDirectory.shop },
  row: { shop: shopDirectory.shop },
  text: (p, row) =>
    build
      .select(row)
      .from(shopDirectory)
      .where(and(eq(shopDirectory.merchantId, p.merchantId), ne(shopDirectory.shop, p.shop)))
      .orderBy(asc(shopDirectory.shop)),
});

/**
 * Returns the merchant's other shops, by name. While there is one, the redaction of the shop keeps customers,
 * settings and keys. Includes shops that are no longer connected: their data stays until their own redaction.
 */
export const findOtherShops = async (
  reader: Reader,
  input: { merchantId: MerchantId; shop: string },
): Promise<string[]> => (await reader.run(FIND, input)).map(({ shop }) => shop);
