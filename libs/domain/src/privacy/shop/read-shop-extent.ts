import { and, eq, isNull, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { build, customerImportLogs, customers, statement, type Reader } from '@core/db';
import { isConnected } from '../../imports/index.ts';
import { findOtherShops } from './find-other-shops.ts';

/** The data that the redaction of a merchant's shop concerns. */
export interface ShopExtent {
  connected: boolean;
  /** The imports of the shop, including those that have ended. */
  imports: number;
  /** All customers of the merchant: nothing records from which shop one came. */
  customers: number;
  /** While the merchant has one, its customers stay: see findOtherShops. */
  otherShops: string[];
}

const N = { n: sql<number>`count(*)::int` };

const COUNT_IMPORTS = statement({
  params: { merchantId: customerImportLogs.merchantId, shop: customerImportLogs.shop },
  row: N,
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportLogs)
      .where(and(eq(customerImportLogs.merchantId, p.merchantId), eq(customerImportLogs.shop, p.shop))),
});

const COUNT_CUSTOMERS = statement({
  params: { merchantId: customers.merchantId },
  row: N,
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), isNull(customers.erasedAt))),
});

/** Reads the data that the redaction of a shop would concern, for an operator who decides about it. */
export async function readShopExtent(
  reader: Reader,
  { merchantId, shop }: { merchantId: MerchantId; shop: string },
): Promise<ShopExtent> {
  const [imports] = await reader.run(COUNT_IMPORTS, { merchantId, shop });
  const [people] = await reader.run(COUNT_CUSTOMERS, { merchantId });
  return {
    connected: await isConnected(reader, { merchantId, shop }),
    imports: imports?.n ?? 0,
    customers: people?.n ?? 0,
    otherShops: await findOtherShops(reader, { merchantId, shop }),
  };
}
