import { eq, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { build, customers, many, nullable, ONE, oneOf, statement, type Reader } from '@core/db';

const { merchantId, id } = customers;

const KNOWN = statement({
  crosses: 'operators',
  params: { ids: many(id), merchantId: nullable(merchantId) },
  row: { id },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(sql`${oneOf(id, p.ids)} and (${p.merchantId} is null or ${merchantId} = ${p.merchantId})`),
});

/**
 * Returns the ids of no customer, or of none of the merchant if one is given: a replay would skip them
 * silently.
 */
export async function findUnknownCustomers(
  reader: Reader,
  { ids, merchantId }: { ids: readonly CustomerId[]; merchantId: MerchantId | undefined },
): Promise<CustomerId[]> {
  const known = new Set((await reader.run(KNOWN, { ids, merchantId })).map((customer) => customer.id));
  return ids.filter((each) => !known.has(each));
}

const ANY = statement({
  params: { merchantId },
  row: ONE,
  text: (p, row) => build.select(row).from(customers).where(eq(merchantId, p.merchantId)).limit(1),
});

export const hasCustomers = async (reader: Reader, input: { merchantId: MerchantId }): Promise<boolean> =>
  (await reader.run(ANY, input)).length > 0;
