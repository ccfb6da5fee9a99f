import { coreRepository, type CustomerRow, type Reader } from '@core/db';
import type { CustomerKey } from '../core/index.ts';
import { explainNotFound } from './find-survivor.ts';

/**
 * Returns a customer with its email still encrypted: disclosing the email is a separate read, which leaves an
 * audit row.
 * @throws CoreError not_found: unknown, another merchant's, deleted or erased; MergedAway naming the survivor
 */
export async function getCustomer(reader: Reader, input: CustomerKey): Promise<CustomerRow> {
  const row = await coreRepository(reader).findById(input.merchantId, input.customerId);
  if (!row) throw await explainNotFound(reader, input);
  return row;
}
