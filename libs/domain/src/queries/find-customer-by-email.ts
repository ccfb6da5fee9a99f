import {
  CUSTOMER_COLUMNS,
  emailHash,
  LIVE,
  type CustomerRow,
  type MerchantKeyStore,
  type Reader,
} from '@core/db';
import { notFound } from '@core/runtime';

/**
 * The customer with this email, by the merchant's blind index.
 * @throws CoreError not_found; also for a merchant without keys, of which nothing is stored
 */
export async function findCustomerByEmail(
  reader: Reader,
  keys: MerchantKeyStore,
  input: { merchantId: string; email: string },
): Promise<CustomerRow> {
  const merchantKeys = await keys.find(reader, input.merchantId);
  if (!merchantKeys) throw notFound('customer');
  const [row] = await reader.query<CustomerRow>(
    `select ${CUSTOMER_COLUMNS} from customers where merchant_id = $1 and email_hash = $2 and ${LIVE}`,
    [input.merchantId, emailHash(merchantKeys, input.email)],
  );
  if (!row) throw notFound('customer');
  return row;
}
