import type { Reader } from '@core/db';
import { OpsError } from '../cli/errors.ts';

/** @throws OpsError naming ids of which there is no customer: a replay of none of them would look like a success */
export async function assertCustomers(
  reader: Reader,
  {
    merchantId,
    customerIds,
  }: { merchantId?: string | undefined; customerIds?: readonly string[] | undefined },
): Promise<void> {
  const ofMerchant = merchantId === undefined ? '' : ` of merchant ${merchantId}`;
  if (customerIds === undefined) {
    if (merchantId === undefined) return;
    const some = await reader.query('select from customers where merchant_id = $1 limit 1', [merchantId]);
    if (some.length === 0) throw new OpsError(`there is no customer${ofMerchant}`);
    return;
  }
  const found = await reader.query<{ id: string }>(
    'select id from customers where id = any($1::uuid[]) and ($2::uuid is null or merchant_id = $2)',
    [customerIds, merchantId ?? null],
  );
  const known = new Set(found.map(({ id }) => id));
  const unknown = customerIds.filter((id) => !known.has(id.toLowerCase()));
  if (unknown.length > 0) throw new OpsError(`there is no customer ${unknown.join(', ')}${ofMerchant}`);
}
