import { readUuid, type MerchantId } from '@core/contracts';
import type { Pool } from './pool.ts';
import { beginOf } from './pooler.ts';

/**
 * A BEGIN that names the merchant whose rows the transaction sees: policies of row-level security compare
 * with it. It is one simple query with BEGIN, so that it costs no round trip; SET takes no parameters, hence
 * the check. It is LOCAL, because otherwise the next user of the connection would be this merchant.
 * @throws Error for a value that is no uuid, which never reaches PostgreSQL
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
