import { and, eq } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { earlierEmailHashes, emailHash } from '@core/crypto';
import { build, CUSTOMER, customers, isLive, statement, type CustomerRow, type Reader } from '@core/db';
import { notFound } from '@core/runtime';
import type { Keys } from '../../core/index.ts';

const FIND = statement({
  params: { merchantId: customers.merchantId, hash: customers.emailHash },
  row: CUSTOMER,
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), eq(customers.emailHash, p.hash), isLive())),
});

/**
 * Returns the customer with this email, by the merchant's blind index.
 * @throws CoreError not_found; also for a merchant without keys, who has no stored email
 */
export async function findCustomerByEmail(
  reader: Reader,
  { keys }: Keys,
  input: { merchantId: MerchantId; email: string },
): Promise<CustomerRow> {
  const merchantKeys = await keys.recall(reader, input.merchantId);
  if (!merchantKeys) throw notFound('customer');
  // An ordinary email takes one statement; an earlier build may have indexed the others in another form.
  for (const hash of [
    emailHash(merchantKeys, input.email),
    ...earlierEmailHashes(merchantKeys, input.email),
  ]) {
    const [row] = await reader.run(FIND, { merchantId: input.merchantId, hash });
    if (row) return row;
  }
  throw notFound('customer');
}
