import { readUuid, type MerchantId } from '@core/contracts';
import type { Pool } from './pool.ts';
import { beginOf } from './pooler.ts';

/**
 * What names the merchant whose rows the transaction sees: policies of row-level security compare with it. One simple
 * query with BEGIN, so that it costs no round trip; SET takes no parameters, hence the check. LOCAL, or the next one who
 * gets the connection would be this merchant.
 * @throws Error for what is no uuid, which never comes near PostgreSQL
 */
export function beginFor(
  pool: Pool,
  merchantId: MerchantId | undefined,
  begin: 'begin' | 'begin read only',
): string {
  const start = beginOf(pool, begin);
  if (merchantId === undefined) return start;
  const id = readUuid(merchantId);
  if (id === null) throw new Error('a transaction is for a merchant, and what it was given is no uuid');
  return `${start}; set local core.merchant_id = '${id}'`;
}
