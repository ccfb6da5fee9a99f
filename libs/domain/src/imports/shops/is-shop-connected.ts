import { eq } from 'drizzle-orm';
import { build, ONE, shopDirectory, statement, type Reader } from '@core/db';

const ANY = statement({
  crosses: 'shops',
  params: { shop: shopDirectory.shop },
  row: ONE,
  text: (p, row) => build.select(row).from(shopDirectory).where(eq(shopDirectory.shop, p.shop)).limit(1),
});

/**
 * Whether any merchant has connected the shop, proven or not. @param input the shop's domain in lower case
 */
export const isShopConnected = async (reader: Reader, input: { shop: string }): Promise<boolean> =>
  (await reader.run(ANY, input)).length > 0;
