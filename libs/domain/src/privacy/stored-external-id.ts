import { and, eq } from 'drizzle-orm';
import { externalIdOf, type CustomerId, type ExternalId, type MerchantId } from '@core/contracts';
import { build, customers, statement, type Tx } from '@core/db';

const READ = statement({
  params: { merchantId: customers.merchantId, id: customers.id },
  row: { externalId: customers.externalId },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), eq(customers.id, p.id))),
});

/**
 * Returns the external id of a customer, including erased and deleted ones; undefined when no such customer
 * exists or it has none.
 */
export async function storedExternalId(
  tx: Tx,
  merchantId: MerchantId,
  customerId: CustomerId,
): Promise<ExternalId | undefined> {
  const [row] = await tx.run(READ, { merchantId, id: customerId });
  return row?.externalId ? externalIdOf(row.externalId) : undefined;
}
