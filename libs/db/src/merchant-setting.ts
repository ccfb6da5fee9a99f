import { readUuid, type MerchantId } from '@core/contracts';
import type { Pool } from './pool.ts';
import { beginStatement } from './pooler.ts';

/**
 * Returns a BEGIN that names the merchant whose rows the transaction sees: the policies of row-level security
 * compare rows with it. It is one simple query together with BEGIN, so it costs no round trip. SET accepts no
 * parameters, so the id is checked here. The setting is LOCAL: otherwise the next user of the connection
 * would act for this merchant.
 * @throws Error for a value that is not a uuid, which never reaches PostgreSQL
 */
export function beginStatementFor(
  pool: Pool,
  merchantId: MerchantId | undefined,
  begin: 'begin' | 'begin read only',
): string {
  const start = beginStatement(pool, begin);
  if (merchantId === undefined) return start;
  const id = readUuid(merchantId);
  if (id === null) throw new Error('the merchant id of a transaction must be a uuid');
  return `${start}; set local core.merchant_id = '${id}'`;
}
