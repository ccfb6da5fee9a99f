import type { CustomerId, MerchantId } from '@core/contracts';
import type { Reader } from '@core/db';
import { findUnknownCustomers, hasCustomers } from '@core/domain';
import { OpsError } from '../cli/errors.ts';

/** @throws OpsError naming the ids without a customer: a replay of no customer would look like a success */
export async function assertCustomers(
  reader: Reader,
  {
    merchantId,
    customerIds,
  }: { merchantId?: MerchantId | undefined; customerIds?: readonly CustomerId[] | undefined },
): Promise<void> {
  const ofMerchant = merchantId === undefined ? '' : ` of merchant ${merchantId}`;
  if (customerIds === undefined) {
    if (merchantId === undefined || (await hasCustomers(reader, { merchantId }))) return;
    throw new OpsError(`there is no customer${ofMerchant}`);
  }
  const unknown = await findUnknownCustomers(reader, { ids: customerIds, merchantId });
  if (unknown.length > 0) throw new OpsError(`there is no customer ${unknown.join(', ')}${ofMerchant}`);
}
